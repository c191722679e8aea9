// SPDX-License-Identifier: BSD-3-Clause
// SQLite's C interface with owners: a database, and statements that are prepared once. Only
// sqlite_store uses it. The first failure of a database is kept; everything after it does nothing,
// so that callers look for an error where a transaction ends.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace ntm::dc {

class Database {
  public:
    // Creates the file if need be. The error is a sentence that names the file.
    [[nodiscard]] static Result<Database, std::string> open(const std::string& file);
    ~Database();
    Database(Database&& other) noexcept;
    Database& operator=(Database&&) = delete;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void run(const char* sql);
    // The first column of the first row.
    [[nodiscard]] std::optional<std::int64_t> number(const char* sql);
    [[nodiscard]] std::string text(const char* sql);

    [[nodiscard]] const std::optional<std::string>& failure() const noexcept { return failure_; }
    // Keeps `sql`'s failure, with what it means to an operator.
    void fail(int code, std::string_view doing);
    // The disk's, not the file's: the same may succeed later.
    [[nodiscard]] bool may_failure_pass() const noexcept;
    [[nodiscard]] bool is_disk_full() const noexcept;
    // Takes back what is open of a transaction, and goes on.
    void forget_failure();
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

  private:
    Database(sqlite3* handle, std::string file) : handle_{handle}, file_{std::move(file)} {}
    sqlite3* handle_;  // owned
    std::string file_;
    std::optional<std::string> failure_;
    int failure_code_ = 0;
};

// Bind in order, then run() for a change or next() for each row, then read columns in order.
class Statement {
  public:
    Statement(Database& database, const char* sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(std::int64_t value);
    Statement& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
    Statement& bind(std::string_view value);
    Statement& bind(ByteView value);
    Statement& bind_nothing();

    void run();
    // False at the end; the statement is then ready to be bound again.
    [[nodiscard]] bool next();

    [[nodiscard]] std::int64_t number();
    [[nodiscard]] std::uint64_t unsigned_number() { return static_cast<std::uint64_t>(number()); }
    [[nodiscard]] std::string text();
    [[nodiscard]] Bytes bytes();
    [[nodiscard]] bool is_nothing() const;  // of the column that is read next

  private:
    void check(int code);
    void rewind();
    Database& database_;
    sqlite3_stmt* handle_ = nullptr;  // owned
    int parameter_ = 0;
    int column_ = 0;
};

}  // namespace ntm::dc
