-- SPDX-License-Identifier: BSD-3-Clause
-- Wireshark dissector of NTM/1 (docs/protocol.md). Packets that `ntmctl capture open` has opened by a
-- key log (docs/key-log.md) are shown with what is inside; others with what stands outside.
--   wireshark -X lua_script:tools/wireshark/ntm.lua opened.pcap
-- To have it always, copy it with ntm_messages.lua and common/protocol/ntm.proto into the folder of
-- personal Lua plugins (Help, About Wireshark, Folders).
-- Works in Wireshark 4.0 and later, Lua 5.2.

local proto = Proto("ntm", "NTMobile")
proto.prefs.port = Pref.uint("UDP port", 9770, "The port that nodes, relays and coordinators use")

local HEADER, SALT, TAG, TOKEN = 16, 16, 16, 16
local COOKIE_SIZE = 72
local VERSION, OPENED = 1, 15 -- OPENED stands in files of `ntmctl capture open` alone
local DATA, LEG, SIGNAL, HANDSHAKE, COOKIE, END = 0, 1, 2, 3, 4, 5
local TYPES = { [0] = "DATA", "LEG", "SIGNAL", "HANDSHAKE", "COOKIE", "END" }
local ROLES = { [0] = "initiator", "responder" }

local f = {
    version = ProtoField.uint8("ntm.version", "Version", base.DEC, { [VERSION] = "NTM/1", [OPENED] = "opened NTM/1" }, 0xf0),
    type = ProtoField.uint8("ntm.type", "Type", base.DEC, TYPES, 0x0f),
    flags = ProtoField.uint8("ntm.flags", "Flags", base.HEX),
    role = ProtoField.uint8("ntm.flags.role", "Role", base.DEC, ROLES, 0x01),
    phase = ProtoField.bool("ntm.flags.key_phase", "Key phase", 8, nil, 0x02),
    answer = ProtoField.bool("ntm.flags.answer", "Answer", 8, nil, 0x04),
    reserved = ProtoField.uint8("ntm.flags.reserved", "Reserved", base.HEX, nil, 0xf8),
    counter = ProtoField.uint64("ntm.counter", "Counter", base.DEC),
    path_id = ProtoField.uint64("ntm.path_id", "Path ID", base.HEX),
    session_id = ProtoField.uint64("ntm.session_id", "Session ID", base.HEX),
    no_id = ProtoField.uint64("ntm.no_id", "ID (none)", base.HEX),
    salt = ProtoField.bytes("ntm.salt", "Salt"),
    sealed = ProtoField.bytes("ntm.sealed", "Sealed"),
    tag = ProtoField.bytes("ntm.tag", "Tag"),
    opened = ProtoField.bool("ntm.opened", "Opened by a key log"),
    inner_length = ProtoField.uint32("ntm.inner_length", "Inner packet's bytes", base.DEC),
    token = ProtoField.bytes("ntm.token", "Token"),
    ephemeral = ProtoField.bytes("ntm.handshake.ephemeral", "Ephemeral key"),
    static = ProtoField.bytes("ntm.handshake.static", "Sealed static key"),
    hello = ProtoField.bytes("ntm.handshake.hello", "Sealed Hello"),
    nonce = ProtoField.uint64("ntm.cookie.nonce", "Nonce", base.HEX),
    boot_id = ProtoField.uint64("ntm.cookie.boot_id", "Boot ID", base.HEX),
    port = ProtoField.uint16("ntm.cookie.port", "Port seen", base.DEC),
    family = ProtoField.uint8("ntm.cookie.family", "Family seen", base.DEC),
    ipv4 = ProtoField.ipv4("ntm.cookie.ipv4", "Address seen"),
    ipv6 = ProtoField.ipv6("ntm.cookie.ipv6", "Address seen"),
}

local e = {
    short = ProtoExpert.new("ntm.short", "Too short for its type", expert.group.MALFORMED, expert.severity.ERROR),
    cut = ProtoExpert.new("ntm.cut", "The capture has not all of the packet", expert.group.UNDECODED, expert.severity.NOTE),
    long = ProtoExpert.new("ntm.long", "Too long for its type", expert.group.MALFORMED, expert.severity.ERROR),
    version = ProtoExpert.new("ntm.bad_version", "Unknown version", expert.group.MALFORMED, expert.severity.ERROR),
    type = ProtoExpert.new("ntm.unknown_type", "Unknown type", expert.group.MALFORMED, expert.severity.ERROR),
    flags = ProtoExpert.new("ntm.reserved_flags", "Flags that NTM/1 sends as zero are set", expert.group.PROTOCOL, expert.severity.WARN),
    counter = ProtoExpert.new("ntm.counter_set", "This type has no counter", expert.group.PROTOCOL, expert.severity.WARN),
    id = ProtoExpert.new("ntm.bad_id", "The id should be zero here, or should not", expert.group.PROTOCOL, expert.severity.WARN),
    inner = ProtoExpert.new("ntm.bad_inner", "The inner packet is malformed, or neither IPv4 nor IPv6", expert.group.MALFORMED, expert.severity.ERROR),
    message = ProtoExpert.new("ntm.bad_message", "The message can not be decoded", expert.group.MALFORMED, expert.severity.ERROR),
    unopened = ProtoExpert.new("ntm.unopened", "Sealed: ntmctl capture open opens what a key log is there for", expert.group.UNDECODED, expert.severity.CHAT),
}

local messages = dofile((debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or ".") .. "/ntm_messages.lua")

local fields = messages.fields
for _, field in pairs(f) do
    fields[#fields + 1] = field
end
proto.fields = fields
proto.experts = { e.short, e.cut, e.long, e.version, e.type, e.flags, e.counter, e.id, e.inner, e.message, e.unopened }

local function add_short(tvb, tree)
    tree:add_proto_expert_info(tvb:reported_len() > tvb:len() and e.cut or e.short)
end

local MESSAGE_OF = { [LEG] = "Leg", [SIGNAL] = "Signal", [END] = "End" }

local function show_message(tvb, from, finish, type, pinfo, tree)
    if from == finish then
        pinfo.cols.info:append(", empty")
        return
    end
    local name, seen = MESSAGE_OF[type], {}
    local range = tvb(from, finish - from)
    local item = tree:add(proto, range, "Message: " .. name)
    if not messages.show(tvb, from, finish, name, item, seen) then
        item:add_proto_expert_info(e.message)
    end
    pinfo.cols.info:append(", " .. messages.summary(name, seen))
end

local function show_inner(tvb, from, finish, pinfo, tree, root)
    tree:add(f.inner_length, finish - from):set_generated()
    if from == finish then
        pinfo.cols.info:append(", empty")
        return
    end
    local inner = tvb(from, finish - from)
    local version = math.floor(inner(0, 1):uint() / 16)
    if version == 0 then -- nothing but what was padding
        pinfo.cols.info:append(", empty")
        return
    end
    local dissector = Dissector.get(version == 4 and "ip" or version == 6 and "ipv6" or "data")
    -- What a dissector finds malformed it throws.
    local is_whole = pcall(dissector.call, dissector, inner:tvb("Inner packet"), pinfo, root)
    if not is_whole or (version ~= 4 and version ~= 6) then
        tree:add_proto_expert_info(e.inner)
    end
end

-- DATA, SIGNAL, and with a salt LEG and END.
local function show_sealed(tvb, header, pinfo, tree, root)
    local is_salted = header.type == LEG or header.type == END
    local from = is_salted and HEADER + SALT or HEADER
    local finish = tvb:len() - TAG
    if finish < from then
        add_short(tvb, tree)
        return
    end
    if is_salted then
        tree:add(f.salt, tvb(HEADER, SALT))
    end
    if not header.is_opened then
        if finish > from then
            tree:add(f.sealed, tvb(from, finish - from))
        end
        tree:add(f.tag, tvb(finish, TAG))
        tree:add_proto_expert_info(e.unopened)
        pinfo.cols.info:append(string.format(", %d bytes sealed", finish - from))
        return
    end
    tree:add(f.opened, true):set_generated()
    tree:add(f.tag, tvb(finish, TAG))
    if header.type == DATA then
        show_inner(tvb, from, finish, pinfo, tree, root)
    else
        show_message(tvb, from, finish, header.type, pinfo, tree)
    end
end

local function show_handshake(tvb, header, pinfo, tree)
    local at = header.is_answer and HEADER or HEADER + TOKEN
    local hello = header.is_answer and at + 32 or at + 80
    if tvb:len() < hello + TAG then
        add_short(tvb, tree)
        return
    end
    pinfo.cols.info:append(header.is_answer and ", message 2" or ", message 1")
    if not header.is_answer then
        tree:add(f.token, tvb(HEADER, TOKEN))
    end
    tree:add(f.ephemeral, tvb(at, 32))
    if not header.is_answer then
        tree:add(f.static, tvb(at + 32, 48))
    end
    tree:add(f.hello, tvb(hello))
end

local function show_cookie(tvb, header, pinfo, tree)
    pinfo.cols.info:append(header.is_answer and ", answer" or ", ask")
    if tvb:len() ~= COOKIE_SIZE then
        if tvb:len() < COOKIE_SIZE then
            add_short(tvb, tree)
        else
            tree:add_proto_expert_info(e.long)
        end
        return
    end
    tree:add(f.nonce, tvb(16, 8))
    if not header.is_answer then
        return
    end
    tree:add(f.token, tvb(24, TOKEN))
    tree:add(f.boot_id, tvb(40, 8))
    tree:add(f.port, tvb(48, 2), 0xffff - tvb(48, 2):uint())
    tree:add(f.family, tvb(50, 1))
    local family = tvb(50, 1):uint()
    if family ~= 4 and family ~= 6 then
        return
    end
    local address = ByteArray.new()
    address:set_size(family == 4 and 4 or 16)
    for i = 0, address:len() - 1 do
        address:set_index(i, 255 - tvb(56 + i, 1):uint())
    end
    local seen = ByteArray.tvb(address, "Address seen")
    tree:add(family == 4 and f.ipv4 or f.ipv6, seen())
end

local function show_header(tvb, pinfo, tree)
    local first, flags = tvb(0, 1):uint(), tvb(1, 1):uint()
    local header = { type = first % 16, is_opened = math.floor(first / 16) == OPENED }
    header.is_answer = bit32.band(flags, 4) ~= 0
    tree:add(f.version, tvb(0, 1))
    tree:add(f.type, tvb(0, 1))
    local item = tree:add(f.flags, tvb(1, 1))
    for _, field in ipairs({ f.role, f.phase, f.answer, f.reserved }) do
        item:add(field, tvb(1, 1))
    end
    if bit32.band(flags, header.type == DATA and 0xf8 or 0xfa) ~= 0 or (header.type == SIGNAL and flags ~= 0) then
        item:add_proto_expert_info(e.flags)
    end
    local counter = tree:add(f.counter, tvb(2, 6))
    local has_counter = header.type == DATA or header.type == SIGNAL
    if not has_counter and tvb(2, 6):uint64() ~= UInt64(0) then
        counter:add_proto_expert_info(e.counter)
    end
    local has_session = header.type == SIGNAL or (header.type == HANDSHAKE and header.is_answer)
    local has_path = header.type == DATA or header.type == LEG or header.type == END
    local id = tree:add(has_session and f.session_id or has_path and f.path_id or f.no_id, tvb(8, 8))
    if (tvb(8, 8):uint64() == UInt64(0)) == (has_session or has_path) then
        id:add_proto_expert_info(e.id)
    end
    local info = TYPES[header.type]
    if has_path then
        info = info .. ", path " .. tostring(tvb(8, 8):bytes()):lower() .. " " .. ROLES[flags % 2]
    elseif has_session then
        info = info .. ", session " .. tostring(tvb(8, 8):bytes()):lower()
    end
    if header.type == LEG then
        info = info .. (header.is_answer and ", answer" or ", ask")
    end
    pinfo.cols.info = info .. (has_counter and ", counter " .. tostring(tvb(2, 6):uint64()) or "")
    return header
end

function proto.dissector(tvb, pinfo, root)
    if tvb:len() == 0 then
        return 0
    end
    pinfo.cols.protocol = "NTM"
    local tree = root:add(proto, tvb())
    local version, type = math.floor(tvb(0, 1):uint() / 16), tvb(0, 1):uint() % 16
    if version ~= VERSION and version ~= OPENED then
        tree:add(f.version, tvb(0, 1)):add_proto_expert_info(e.version)
        pinfo.cols.info = "Unknown version " .. version
    elseif not TYPES[type] then
        tree:add(f.type, tvb(0, 1)):add_proto_expert_info(e.type)
        pinfo.cols.info = "Unknown type " .. type
    elseif tvb:len() < HEADER then
        add_short(tvb, tree)
        pinfo.cols.info = TYPES[type] .. ", too short"
    else
        local header = show_header(tvb, pinfo, tree)
        if type == HANDSHAKE then
            show_handshake(tvb, header, pinfo, tree)
        elseif type == COOKIE then
            show_cookie(tvb, header, pinfo, tree)
        else
            show_sealed(tvb, header, pinfo, tree, root)
        end
    end
    return tvb:len()
end

local ports = DissectorTable.get("udp.port")
local port

local function take_port()
    if port then
        ports:remove(port, proto)
    end
    port = proto.prefs.port
    ports:add(port, proto)
end

take_port()
proto.prefs_changed = take_port
