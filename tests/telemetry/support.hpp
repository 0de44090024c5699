#pragma once
/// What the tests of this room share.

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "catch.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/rng.hpp"

namespace kilter::test {

/// What a call was refused with, or nothing when it was accepted.
template <class F>
std::optional<ParseError> refusal(F&& call) {
  try {
    call();
  } catch (const ParseError& error) {
    return error;
  }
  return std::nullopt;
}

/// What a call that misuses the library says.
template <class F>
std::string misuse(F&& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A few bytes of `text` changed, removed, inserted or repeated, and sometimes its end cut off.
inline std::string damaged(std::string text, Rng& rng) {
  static const std::string bytes =
      "0123456789,.-+eE\"\"\r\n\n;: TZnaif\t\xEF\xBB\xBF\0\xFF"
      "x";
  const std::size_t changes = 1 + rng.index(4);
  for (std::size_t c = 0; c < changes && !text.empty(); ++c) {
    const std::size_t at = rng.index(text.size());
    const char byte = rng.bernoulli(0.8) ? bytes[rng.index(bytes.size())] : static_cast<char>(rng.index(256));
    switch (rng.index(5)) {
      case 0: text[at] = byte; break;
      case 1: text.erase(at, 1 + rng.index(3)); break;
      case 2: text.insert(at, 1, byte); break;
      case 3: text.insert(rng.index(text.size()), text.substr(at, 1 + rng.index(40))); break;
      default:
        if (rng.bernoulli(0.2)) text.resize(at);
    }
  }
  return text;
}

/// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "kilter_telemetry_").string() +
                       std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "_" +
                       std::to_string(std::filesystem::file_time_type::clock::now().time_since_epoch().count());
    path_ = std::move(name);
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace kilter::test
