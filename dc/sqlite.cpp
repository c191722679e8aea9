// SPDX-License-Identifier: BSD-3-Clause
#include "dc/sqlite.hpp"

#include <sqlite3.h>

namespace ntm::dc {

namespace {

std::string meaning_of(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return "the disk is full; free space there";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "the file is damaged or not a store of ntm-dc; restore it from a backup, or "
                   "move it away to begin with an empty one";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return "it can not be written; check owner and mode of the file and its folder";
        case SQLITE_CANTOPEN:
            return "it can not be opened; does the folder exist, and may this user write there?";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another program has it open (is ntm-dc already running?)";
        case SQLITE_IOERR:
            return "the disk reports an error";
        default:
            return "";
    }
}

std::string sentence(
    const std::string& file, std::string_view doing, int code, const char* detail
) {
    const std::string meaning = meaning_of(code);
    std::string text = file + ": " + std::string{doing} + " failed: " + detail;
    return meaning.empty() ? text : text + ": " + meaning;
}

}  // namespace

Result<Database, std::string> Database::open(const std::string& file) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
    if (code != SQLITE_OK) {
        const std::string text = sentence(file, "opening the store", code, sqlite3_errstr(code));
        sqlite3_close_v2(handle);
        return Unexpected{text};
    }
    sqlite3_extended_result_codes(handle, 1);
    return Database{handle, file};
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}

Database::Database(Database&& other) noexcept
    : handle_{std::exchange(other.handle_, nullptr)},
      file_{std::move(other.file_)},
      failure_{std::move(other.failure_)},
      failure_code_{other.failure_code_} {}

void Database::run(const char* sql) {
    if (failure_) {
        return;
    }
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        fail(code, sql);
    }
}

std::optional<std::int64_t> Database::number(const char* sql) {
    Statement statement{*this, sql};
    if (!statement.next()) {
        return std::nullopt;
    }
    return statement.number();
}

std::string Database::text(const char* sql) {
    Statement statement{*this, sql};
    return statement.next() ? statement.text() : std::string{};
}

void Database::fail(int code, std::string_view doing) {
    if (!failure_) {
        const std::string_view first_line = doing.substr(0, doing.find('\n'));
        failure_ = sentence(file_, first_line, code, sqlite3_errmsg(handle_));
        failure_code_ = code & 0xff;
    }
}

bool Database::may_failure_pass() const noexcept {
    return is_disk_full() || failure_code_ == SQLITE_IOERR || failure_code_ == SQLITE_READONLY;
}

bool Database::is_disk_full() const noexcept {
    return failure_code_ == SQLITE_FULL;
}

void Database::forget_failure() {
    failure_.reset();
    failure_code_ = 0;
    if (sqlite3_get_autocommit(handle_) == 0) {
        static_cast<void>(sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr));
    }
}

Statement::Statement(Database& database, const char* sql) : database_{database} {
    if (!database_.failure()) {
        const int code = sqlite3_prepare_v3(
            database_.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr
        );
        if (code != SQLITE_OK) {
            database_.fail(code, sql);
        }
    }
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

Statement& Statement::bind(std::int64_t value) {
    check(sqlite3_bind_int64(handle_, ++parameter_, value));
    return *this;
}

Statement& Statement::bind(std::string_view value) {
    const auto size = static_cast<sqlite3_uint64>(value.size());
    check(sqlite3_bind_text64(
        handle_, ++parameter_, value.data(), size, SQLITE_TRANSIENT, SQLITE_UTF8
    ));
    return *this;
}

Statement& Statement::bind(ByteView value) {
    const auto size = static_cast<sqlite3_uint64>(value.size());
    check(sqlite3_bind_blob64(handle_, ++parameter_, value.data(), size, SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind_nothing() {
    check(sqlite3_bind_null(handle_, ++parameter_));
    return *this;
}

void Statement::run() {
    while (next()) {
    }
}

bool Statement::next() {
    column_ = 0;
    if (database_.failure()) {
        rewind();
        return false;
    }
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        database_.fail(code, sqlite3_sql(handle_));
    }
    rewind();
    return false;
}

std::int64_t Statement::number() {
    return sqlite3_column_int64(handle_, column_++);
}

std::string Statement::text() {
    return as_text(bytes());
}

Bytes Statement::bytes() {
    const auto* first = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column_));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column_));
    ++column_;
    return first == nullptr ? Bytes{} : Bytes(first, first + size);
}

bool Statement::is_nothing() const {
    return sqlite3_column_type(handle_, column_) == SQLITE_NULL;
}

void Statement::check(int code) {
    if (code != SQLITE_OK && !database_.failure()) {
        database_.fail(code, sqlite3_sql(handle_));
    }
}

void Statement::rewind() {
    parameter_ = 0;
    if (handle_ != nullptr) {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
    }
}

}  // namespace ntm::dc
