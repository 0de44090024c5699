#pragma once
/// @file
/// `save` and `load`: a search as bytes on a stream, from which it goes on as if it had never been interrupted.

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <istream>
#include <limits>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/error.hpp"
#include "kilter/genetic/evolution.hpp"
#include "kilter/genetic/island.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/options.hpp"

namespace kilter::genetic {

namespace detail {

inline constexpr std::string_view checkpoint_magic = "KILTERGA";
inline constexpr std::uint64_t checkpoint_version = 1;

/// FNV-1a, 64 bits (Fowler, Noll, Vo 1991).
inline std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// Appends numbers to a string, little-endian.
class CheckpointWriter {
 public:
  void whole(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<char>((value >> shift) & 0xffU));
  }
  void real(double value) { whole(std::bit_cast<std::uint64_t>(value)); }
  void reals(std::span<const double> values) {
    whole(values.size());
    for (const double v : values) real(v);
  }
  /// Arithmetic genes little-endian; other kinds byte by byte as they lie in memory.
  template <class G>
  void genes(std::span<const G> row) {
    for (const G& gene : row) {
      std::array<char, sizeof(G)> raw;
      std::memcpy(raw.data(), &gene, sizeof(G));
      append_gene<G>(raw);
    }
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  template <class G>
  void append_gene(const std::array<char, sizeof(G)>& raw) {
    if constexpr (std::endian::native == std::endian::big && std::is_arithmetic_v<G>) {
      bytes_.append(raw.rbegin(), raw.rend());
    } else {
      bytes_.append(raw.data(), raw.size());
    }
  }
  std::string bytes_;
};

/// Reads numbers from a string; throws `ParseError` at its end and for what cannot be.
class CheckpointReader {
 public:
  explicit CheckpointReader(std::string_view bytes) : bytes_(bytes) {}

  [[noreturn]] void fail(std::string_view message) const {
    KILTER_THROW(ParseError({"checkpoint"}, "byte " + std::to_string(at_) + ": " + std::string{message}));
  }
  void expect(bool condition, std::string_view message) const {
    if (!condition) fail(message);
  }
  [[nodiscard]] bool done() const { return at_ == bytes_.size(); }

  std::uint64_t whole() {
    const std::string_view raw = take(8);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    return value;
  }
  std::size_t count(std::uint64_t most, std::string_view what) {
    const std::uint64_t value = whole();
    expect(value <= most, what);
    return static_cast<std::size_t>(value);
  }
  double real() {
    const auto value = std::bit_cast<double>(whole());
    expect(!std::isnan(value), "a number that is none");
    return value;
  }
  double share() {
    const double value = real();
    expect(value >= 0 && value <= 1, "a share outside 0 … 1");
    return value;
  }
  std::vector<double> shares(std::size_t size) {
    expect(whole() == size, "another number of operators");
    std::vector<double> out(size);
    for (double& v : out) v = share();
    return out;
  }
  template <class G>
  void genes(std::span<G> row) {
    for (G& gene : row) {
      const std::string_view raw = take(sizeof(G));
      std::array<char, sizeof(G)> own;
      for (std::size_t i = 0; i < sizeof(G); ++i) own[swapped<G> ? sizeof(G) - 1 - i : i] = raw[i];
      std::memcpy(&gene, own.data(), sizeof(G));
    }
  }
  /// How many bytes are left.
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

 private:
  template <class G>
  static constexpr bool swapped = std::endian::native == std::endian::big&& std::is_arithmetic_v<G>;

  std::string_view take(std::size_t n) {
    expect(n <= left(), "the checkpoint ends too early");
    at_ += n;
    return bytes_.substr(at_ - n, n);
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// What must be the same in the search that goes on.
inline std::array<std::pair<std::string_view, std::uint64_t>, 5> checkpoint_options(const Options& o, std::size_t gene_size) {
  return {{{"gene size", gene_size},
           {"seed", o.seed},
           {"population", o.population},
           {"survival", static_cast<std::uint64_t>(o.survival)},
           {"islands", o.islands}}};
}

template <class Gene>
void write_state(CheckpointWriter& out, const EvolutionState<Gene>& s) {
  out.whole(s.population.genome_size());
  out.whole(s.population.size());
  out.genes(s.population.genes());
  for (const Evaluation& e : s.population.evaluations()) {
    out.real(e.cost);
    out.real(e.violation);
  }
  out.genes(std::span<const Gene>(s.best));
  for (const std::size_t n : {s.search.generation, s.search.evaluations, s.search.stalled}) out.whole(n);
  out.real(s.search.best);
  out.real(s.search.violation);
  for (const OperatorRates* rates : {&s.crossovers, &s.mutations}) {
    out.reals(rates->qualities());
    out.reals(rates->probabilities());
  }
  out.real(s.penalty.weight());
  out.whole(s.penalty.seen());
  out.whole(s.penalty.feasible());
}

template <class P>
void read_genome(CheckpointReader& in, const P& problem, std::span<GeneOf<P>> row) {
  in.genes(row);
  if constexpr (requires { problem.encoding().check(std::span<const GeneOf<P>>{}); }) {
    in.expect(problem.encoding().check(std::span<const GeneOf<P>>(row)), "a genome that is not valid in the encoding");
  }
}

inline void read_rates(CheckpointReader& in, OperatorRates& rates) {
  const std::vector<double> quality = in.shares(rates.size());
  rates.restore(quality, in.shares(rates.size()));
}

inline void read_penalty(CheckpointReader& in, AdaptivePenalty& penalty, const DiverseOptions& options) {
  const double weight = in.real();
  in.expect(weight > 0 && weight <= 1e100, "a weight that is not positive");
  const std::size_t seen = in.count(options.interval - 1, "more children than between two changes of the weight");
  penalty.restore(weight, seen, in.count(seen, "more feasible children than children"));
}

template <class P>
EvolutionState<GeneOf<P>> read_state(CheckpointReader& in, const Evolution<P>& like) {
  EvolutionState<GeneOf<P>> out = like.state();
  const std::size_t genes = like.genome_size();
  in.expect(in.whole() == genes, "another genome size");
  const std::size_t most = in.left() / (genes * sizeof(GeneOf<P>) + 2 * sizeof(double));
  out.population = Population<GeneOf<P>>(in.count(most, "the checkpoint ends too early"), genes);
  for (std::size_t i = 0; i < out.population.size(); ++i) read_genome(in, like.problem(), out.population.row(i));
  for (Evaluation& e : out.population.evaluations()) {
    e.cost = in.real();
    e.violation = in.real();
  }
  out.best.resize(genes);
  read_genome(in, like.problem(), std::span(out.best));
  constexpr std::uint64_t any = std::numeric_limits<std::size_t>::max();
  for (std::size_t* n : {&out.search.generation, &out.search.evaluations, &out.search.stalled}) *n = in.count(any, "a count");
  out.search.best = in.real();
  out.search.violation = in.real();
  read_rates(in, out.crossovers);
  read_rates(in, out.mutations);
  read_penalty(in, out.penalty, like.options().diverse);
  return out;
}

inline std::uint64_t read_whole(std::istream& in) {
  std::array<char, 8> raw{};
  in.read(raw.data(), 8);
  if (in.gcount() != 8) CheckpointReader({}).fail("the checkpoint ends too early");
  return CheckpointReader({raw.data(), 8}).whole();
}

/// Magic, version, length, then as many bytes, then their checksum. Read piece by piece, so that a length that lies costs nothing.
inline std::string read_frame(std::istream& in) {
  std::array<char, 8> magic{};
  in.read(magic.data(), 8);
  const CheckpointReader fault({});
  fault.expect(in.gcount() == 8 && std::string_view(magic.data(), 8) == checkpoint_magic, "is no checkpoint of kilter");
  fault.expect(read_whole(in) == checkpoint_version, "has another version");
  std::string out;
  for (std::uint64_t left = read_whole(in); left != 0;) {
    std::array<char, 4096> piece;
    const auto wanted = static_cast<std::streamsize>(left < piece.size() ? left : piece.size());
    in.read(piece.data(), wanted);
    fault.expect(in.gcount() == wanted, "the checkpoint ends too early");
    out.append(piece.data(), static_cast<std::size_t>(wanted));
    left -= static_cast<std::uint64_t>(wanted);
  }
  fault.expect(read_whole(in) == checksum(out), "the checksum is wrong");
  return out;
}

inline void write_frame(const CheckpointWriter& body, std::ostream& out) {
  CheckpointWriter head, tail;
  head.whole(checkpoint_version);
  head.whole(body.bytes().size());
  tail.whole(checksum(body.bytes()));
  out << checkpoint_magic << head.bytes() << body.bytes() << tail.bytes();
}

inline void write_options(CheckpointWriter& out, const Options& options, std::size_t gene_size) {
  for (const auto& [name, value] : checkpoint_options(options, gene_size)) out.whole(value);
}

inline void check_options(CheckpointReader& in, const Options& options, std::size_t gene_size) {
  for (const auto& [name, value] : checkpoint_options(options, gene_size)) {
    require(in.whole() == value, name, value, "must be what it was when the checkpoint was written");
  }
}

}  // namespace detail

/// Writes an evolution that has begun to a binary stream: magic, version, length, what must fit the problem and options, the state,
/// checksum; all numbers 64 bits little-endian. Genes that are not arithmetic are written as they lie in memory. Whether the stream
/// took it is in the stream's state. Throws `std::invalid_argument` when the evolution has not begun.
template <Problem P>
void save(const Evolution<P>& evolution, std::ostream& out) {
  require(evolution.state().begun, "save", evolution.search().generation, "needs a search that has begun");
  detail::CheckpointWriter body;
  detail::write_options(body, evolution.options(), sizeof(GeneOf<P>));
  detail::write_state(body, evolution.state());
  detail::write_frame(body, out);
}

/// The same for islands.
template <Problem P>
void save(const Archipelago<P>& archipelago, std::ostream& out) {
  detail::CheckpointWriter body;
  detail::write_options(body, archipelago.options(), sizeof(GeneOf<P>));
  for (std::size_t i = 0; i < archipelago.size(); ++i) {
    require(archipelago.island(i).state().begun, "save", i, "needs a search that has begun");
    detail::write_state(body, archipelago.island(i).state());
  }
  detail::write_frame(body, out);
}

/// Reads what `save` wrote into an evolution of the same problem and options, which then goes on bit for bit as the one that was
/// saved. Throws `ParseError` for a stream that is no checkpoint, is damaged or holds genomes that the encoding does not accept,
/// and `std::invalid_argument` where gene, seed, population, survival, islands or sizes differ; the evolution is then as it was.
template <Problem P>
void load(Evolution<P>& evolution, std::istream& in) {
  const std::string bytes = detail::read_frame(in);
  detail::CheckpointReader reader(bytes);
  detail::check_options(reader, evolution.options(), sizeof(GeneOf<P>));
  auto state = detail::read_state(reader, evolution);
  reader.expect(reader.done(), "the checkpoint is too long");
  evolution.resume(std::move(state));
}

/// The same for islands.
template <Problem P>
void load(Archipelago<P>& archipelago, std::istream& in) {
  const std::string bytes = detail::read_frame(in);
  detail::CheckpointReader reader(bytes);
  detail::check_options(reader, archipelago.options(), sizeof(GeneOf<P>));
  std::vector<EvolutionState<GeneOf<P>>> states;
  for (std::size_t i = 0; i < archipelago.size(); ++i) {
    states.push_back(detail::read_state(reader, archipelago.island(i)));
    archipelago.island(i).check_fits(states.back());
  }
  reader.expect(reader.done(), "the checkpoint is too long");
  for (std::size_t i = 0; i < archipelago.size(); ++i) archipelago.island(i).resume(std::move(states[i]));
}

}  // namespace kilter::genetic
