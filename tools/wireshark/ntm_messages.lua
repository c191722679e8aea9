-- SPDX-License-Identifier: BSD-3-Clause
-- The messages of NTM/1 for ntm.lua: reads ntm.proto, makes Wireshark's fields of it, and decodes.
-- ntm.proto is looked for beside this file and where the source tree has it; without it messages are
-- shown by field numbers. No dissector by itself: loaded alone, it does nothing.

local M = {}

local function read_schema()
    local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
    for _, path in ipairs({ here .. "/ntm.proto", here .. "/../../common/protocol/ntm.proto" }) do
        local file = io.open(path, "r")
        if file then
            local text = file:read("*a")
            file:close()
            return text
        end
    end
    return ""
end

-- Of proto3 what ntm.proto uses: messages[NAME][NUMBER] = {name, type}, enums[NAME][NUMBER] = NAME.
local function parse_schema(text)
    local messages, enums, stack = {}, {}, {}
    for line in text:gmatch("[^\n]+") do
        line = line:gsub("//.*", "")
        local kind, name = line:match("^%s*(%a+)%s+([%w_]+)%s*{")
        local owner = stack[#stack]
        if kind == "message" then
            messages[name] = {}
            stack[#stack + 1] = messages[name]
        elseif kind == "enum" then
            enums[name] = {}
            stack[#stack + 1] = enums[name]
        elseif kind == "oneof" then
            stack[#stack + 1] = owner
        elseif owner then
            local type, field, number = line:gsub("^%s*repeated", ""):match("^%s*([%w_]+)%s+([%w_]+)%s*=%s*(%d+)%s*;")
            local constant, value = line:match("^%s*([%w_]+)%s*=%s*(%d+)%s*;")
            if type then
                owner[tonumber(number)] = { name = field, type = type }
            elseif constant then
                owner[tonumber(value)] = constant
            end
        end
        if line:find("}", 1, true) then
            stack[#stack] = nil
        end
    end
    return messages, enums
end

local messages, enums = parse_schema(read_schema())
local SCALARS = { uint32 = 0, uint64 = 0, bool = 0, fixed64 = 1, string = 2, bytes = 2 } -- their wire types

local function snake(name)
    return (name:gsub("(%l)(%u)", "%1_%2"):lower())
end

local function make_field(message, field)
    local abbreviation = "ntm." .. snake(message) .. "." .. field.name
    if enums[field.type] then
        field.wire = 0
        return ProtoField.uint64(abbreviation, field.name, base.DEC, enums[field.type])
    elseif field.type == "fixed64" then
        return ProtoField.uint64(abbreviation, field.name, base.HEX)
    elseif SCALARS[field.type] == 0 and field.type ~= "bool" then
        return ProtoField.uint64(abbreviation, field.name, base.DEC)
    elseif SCALARS[field.type] then
        return ProtoField[field.type](abbreviation, field.name)
    end
    return ProtoField.none(abbreviation, field.name .. " (" .. field.type .. ")")
end

-- All fields, for the Proto that shows them.
M.fields = { ProtoField.bytes("ntm.unknown_field", "Unknown field") }
local unknown = M.fields[1]
for message, members in pairs(messages) do
    for _, field in pairs(members) do
        field.wire = SCALARS[field.type] or 2
        field.field = make_field(message, field)
        M.fields[#M.fields + 1] = field.field
    end
end

-- The number at `at` as UInt64 and as a Lua number, and where it ends; nothing if it does not.
local function read_varint(tvb, at, finish)
    local low, high = 0, 0
    for i = 0, 9 do
        if at + i >= finish then
            return nil
        end
        local byte = tvb(at + i, 1):uint()
        local bits, shift = byte % 128, 7 * i
        if shift < 32 then
            low = low + bits * 2 ^ shift
        else
            high = high + bits * 2 ^ (shift - 32)
        end
        if byte < 128 then
            high = (high + math.floor(low / 2 ^ 32)) % 2 ^ 32
            low = low % 2 ^ 32
            return UInt64.new(low, high), high * 2 ^ 32 + low, at + i + 1
        end
    end
    return nil
end

local decode_message

-- What Wireshark takes for a field of this type.
local function value_for(field, value, plain)
    if field.type == "bool" then
        return plain ~= 0
    end
    return value
end

local function add_bytes(tree, field, range)
    local item = tree:add(field.field, range)
    if field.name:find("ip", 1, true) then
        if range:len() == 4 then
            item:append_text(" (" .. tostring(range:ipv4()) .. ")")
        elseif range:len() == 16 then
            item:append_text(" (" .. tostring(range:ipv6()) .. ")")
        end
    end
end

-- A field with a length in front; false if what is inside is broken.
local function add_delimited(tvb, from, finish, field, tree, depth)
    if messages[field.type] then
        local item = tree:add(field.field, finish > from and tvb(from, finish - from) or tvb(from - 1, 1))
        return decode_message(tvb, from, finish, field.type, item, depth + 1)
    end
    if field.wire == 0 then -- packed
        while from < finish do
            local value, plain, after = read_varint(tvb, from, finish)
            if not value then
                return false
            end
            tree:add(field.field, tvb(from, after - from), value_for(field, value, plain))
            from = after
        end
    elseif finish == from then
        tree:add(field.field, tvb(from - 1, 1), ""):append_text(" (empty)")
    elseif field.type == "bytes" then
        add_bytes(tree, field, tvb(from, finish - from))
    else
        tree:add(field.field, tvb(from, finish - from))
    end
    return true
end

-- Of a field's value: where its bytes begin and end; nothing if they are not all there.
local function extent(tvb, at, finish, wire)
    if wire == 0 then
        local value, _, after = read_varint(tvb, at, finish)
        return value and at, after
    elseif wire == 2 then
        local _, length, after = read_varint(tvb, at, finish)
        if not length or length > finish - after then
            return nil
        end
        return after, after + length
    end
    local length = wire == 1 and 8 or wire == 5 and 4
    if not length or length > finish - at then
        return nil
    end
    return at, at + length
end

local function add_field(tvb, at, from, after, number, wire, field, tree, depth)
    if not field or (field.wire ~= wire and not (field.wire == 0 and wire == 2)) then
        tree:add(unknown, tvb(at, after - at)):append_text(" (number " .. number .. ")")
    elseif wire == 0 then
        local value, plain = read_varint(tvb, from, after)
        tree:add(field.field, tvb(from, after - from), value_for(field, value, plain))
    elseif wire == 1 then
        tree:add_le(field.field, tvb(from, 8))
    else
        return add_delimited(tvb, from, after, field, tree, depth)
    end
    return true
end

-- True if the bytes are a whole message; `seen` gets the number of each field and where its value is.
function decode_message(tvb, at, finish, name, tree, depth, seen)
    if depth > 8 then
        return false
    end
    while at < finish do
        local _, key, begins = read_varint(tvb, at, finish)
        if not key or key < 8 then
            return false
        end
        local number, wire = math.floor(key / 8), key % 8
        local from, after = extent(tvb, begins, finish, wire)
        if not from then
            return false
        end
        local field = (messages[name] or {})[number]
        if not add_field(tvb, at, from, after, number, wire, field, tree, depth) then
            return false
        end
        if seen and field then
            seen[field.name] = wire == 0 and tostring((read_varint(tvb, from, after))) or field.type
        end
        at = after
    end
    return true
end

-- What the message is, in a word or two: the body's type, and of a Signal the id and the status.
function M.summary(name, seen)
    local body
    for _, field in pairs(messages[name] or {}) do
        if messages[field.type] and seen[field.name] then
            body = field.type
        end
    end
    if name ~= "Signal" then
        return body or "without a body"
    end
    local status = (enums.Status or {})[tonumber(seen.status or 0)] or seen.status
    local way = (seen.is_answer or "0") ~= "0" and "answer" or "request"
    return string.format("%s %s %s%s", way, seen.id or "0", body or "without a body",
        way == "answer" and " " .. tostring(status) or "")
end

-- Shows the message `name` that is all of these bytes. True if it could be decoded; `seen` gets what
-- M.summary wants to know.
function M.show(tvb, from, finish, name, tree, seen)
    return decode_message(tvb, from, finish, name, tree, 0, seen)
end

return M
