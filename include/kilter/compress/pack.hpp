#pragma once
/// @file
/// Codes of 2 to 8 bits packed without gaps, least significant bits first, and back.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kilter::compress::detail {

/// Bytes that `count` codes of `bits` take.
[[nodiscard]] constexpr std::size_t packed_bytes(std::size_t count, int bits) {
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

/// Eight codes make `bits` bytes, so any width goes through one 64-bit word.
inline void pack_word(const std::uint8_t* codes, std::size_t count, int bits, std::uint8_t* out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= static_cast<std::uint64_t>(codes[i]) << (static_cast<int>(i) * bits);
  const std::size_t bytes = packed_bytes(count, bits);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(word >> (8 * i));
}

inline void unpack_word(const std::uint8_t* in, std::size_t count, int bits, std::uint8_t* codes) {
  std::uint64_t word = 0;
  const std::size_t bytes = packed_bytes(count, bits);
  for (std::size_t i = 0; i < bytes; ++i) word |= static_cast<std::uint64_t>(in[i]) << (8 * i);
  const std::uint64_t mask = (1U << bits) - 1;
  for (std::size_t i = 0; i < count; ++i) codes[i] = static_cast<std::uint8_t>((word >> (static_cast<int>(i) * bits)) & mask);
}

/// Packs `count` codes into `packed_bytes(count, bits)` bytes. The widths that divide a byte have loops that vectorise.
inline void pack(const std::uint8_t* codes, std::size_t count, int bits, std::uint8_t* out) {
  std::size_t done = 0;
  if (bits == 8) {
    if (count > 0) std::memcpy(out, codes, count);
    return;
  }
  if (bits == 4) {
    done = count / 2 * 2;
    for (std::size_t i = 0; i < done / 2; ++i) {
      out[i] = static_cast<std::uint8_t>(static_cast<unsigned>(codes[2 * i]) | static_cast<unsigned>(codes[2 * i + 1]) << 4);
    }
  } else {
    done = count / 8 * 8;
    const auto width = static_cast<std::size_t>(bits);
    for (std::size_t i = 0; i < done / 8; ++i) pack_word(codes + 8 * i, 8, bits, out + width * i);
  }
  if (done < count) pack_word(codes + done, count - done, bits, out + packed_bytes(done, bits));
}

/// The inverse of `pack`.
inline void unpack(const std::uint8_t* in, std::size_t count, int bits, std::uint8_t* codes) {
  std::size_t done = 0;
  if (bits == 8) {
    if (count > 0) std::memcpy(codes, in, count);
    return;
  }
  if (bits == 4) {
    done = count / 2 * 2;
    for (std::size_t i = 0; i < done / 2; ++i) {
      codes[2 * i] = static_cast<std::uint8_t>(in[i] & 15U);
      codes[2 * i + 1] = static_cast<std::uint8_t>(in[i] >> 4);
    }
  } else {
    done = count / 8 * 8;
    const auto width = static_cast<std::size_t>(bits);
    for (std::size_t i = 0; i < done / 8; ++i) unpack_word(in + width * i, 8, bits, codes + 8 * i);
  }
  if (done < count) unpack_word(in + packed_bytes(done, bits), count - done, bits, codes + done);
}

}  // namespace kilter::compress::detail
