#pragma once
/// @file
/// The disjunctive graph of a shop in flat arrays: heads, tails and a topological order, repaired after each move where the move
/// changed them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kilter/schedule/shop.hpp"

namespace kilter::schedule::detail {

/// A shop in flat arrays. Operations become nodes: node 0 and one node after each job are idle (no duration, no tail), so that
/// `node − 1` and `node + 1` are the neighbours in the job without a branch.
struct ShopData {
  std::size_t machines = 0;
  std::size_t jobs = 0;
  std::size_t operations = 0;
  std::size_t nodes = 1;
  bool flexible = false;                      ///< some operation has several alternatives
  std::vector<std::uint32_t> node;            ///< of each operation
  std::vector<std::uint32_t> first, last;     ///< nodes of each job that has operations
  std::vector<std::uint32_t> job;             ///< of each node; idle ones have the job before them
  std::vector<std::uint32_t> choice_begin;    ///< of each node, where its alternatives begin; one more at the end
  std::vector<std::uint32_t> choice_machine;  ///< of each alternative
  std::vector<std::int32_t> choice_duration;  ///< of each alternative
  std::vector<std::uint32_t> base;            ///< of each machine, its first slot; the slots around its range stay empty
  std::size_t slots = 1;

  explicit ShopData(const Shop& shop) : machines(shop.machines), jobs(shop.jobs.size()) {
    choice_begin.push_back(0);
    job.push_back(0);
    std::vector<std::uint32_t> capacity(machines, 0);
    for (std::size_t j = 0; j < shop.jobs.size(); ++j) add_job(shop.jobs[j], static_cast<std::uint32_t>(j), capacity);
    choice_begin.push_back(static_cast<std::uint32_t>(choice_machine.size()));
    for (const std::uint32_t c : capacity) {
      base.push_back(static_cast<std::uint32_t>(slots));
      slots += c + 1;
    }
  }

 private:
  void add_job(const ShopJob& from, std::uint32_t j, std::vector<std::uint32_t>& capacity) {
    if (from.operations.empty()) return;
    first.push_back(static_cast<std::uint32_t>(nodes));
    for (const Operation& operation : from.operations) {
      choice_begin.push_back(static_cast<std::uint32_t>(choice_machine.size()));
      for (const Alternative& a : operation.alternatives) {
        choice_machine.push_back(a.machine);
        choice_duration.push_back(static_cast<std::int32_t>(a.duration));
        ++capacity[a.machine];
      }
      flexible = flexible || operation.alternatives.size() > 1;
      job.push_back(j);
      node.push_back(static_cast<std::uint32_t>(nodes++));
      ++operations;
    }
    last.push_back(static_cast<std::uint32_t>(nodes - 1));
    choice_begin.push_back(static_cast<std::uint32_t>(choice_machine.size()));  // the idle node
    job.push_back(j);
    ++nodes;
  }
};

/// A schedule without its times: all nodes in an order that agrees with jobs and machines, and each node's alternative (kept empty
/// where nothing is flexible). Any order that agrees with the jobs is feasible.
struct ShopOrder {
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> choice;  ///< by node, counted from the node's first alternative
  std::int32_t makespan = 0;
};

/// What the search knows of a node, in half a cache line.
struct ShopNode {
  std::int32_t end = 0;   ///< the longest path from the start to here, this node's duration included
  std::int32_t tail = 0;  ///< the longest path from here to the end, this node's duration included
  std::int32_t duration = 0;
  std::uint32_t before = 0, after = 0;  ///< neighbours on the machine, 0 for none
  std::uint32_t slot = 0;               ///< where it lies among all machines' slots
  std::uint32_t rank = 0;               ///< where it lies in the topological order
  std::uint32_t machine = 0;
};

/// The acyclic graph of one schedule. Moves must be feasible; heads, tails and the order are right after each.
class ShopGraph {
 public:
  explicit ShopGraph(const ShopData& data)
      : data_(&data),
        nodes_(data.nodes),
        slots_(data.slots, 0),
        size_(data.machines, 0),
        load_(data.machines, 0),
        topology_(data.operations, 0),
        later_(data.operations, 0),
        mark_(data.nodes, 0),
        choice_(data.flexible ? data.nodes : 0, 0) {}

  [[nodiscard]] const ShopData& data() const { return *data_; }
  [[nodiscard]] const ShopNode* nodes() const { return nodes_.data(); }
  [[nodiscard]] const ShopNode& operator[](std::uint32_t node) const { return nodes_[node]; }
  /// The sequence slots of all machines; 0 where nothing lies.
  [[nodiscard]] const std::uint32_t* slots() const { return slots_.data(); }
  [[nodiscard]] std::span<const std::uint32_t> sequence(std::size_t machine) const {
    return {slots_.data() + data_->base[machine], size_[machine]};
  }
  [[nodiscard]] std::span<const std::uint32_t> topology() const { return topology_; }
  [[nodiscard]] std::span<const std::uint32_t> choices() const { return choice_; }
  [[nodiscard]] std::int32_t makespan() const { return makespan_; }
  /// The sum of the durations on a machine.
  [[nodiscard]] std::int32_t load(std::size_t machine) const { return load_[machine]; }

  /// Takes over a schedule. O(N).
  void load(const ShopOrder& from) {
    std::fill(slots_.begin(), slots_.end(), 0U);
    std::fill(size_.begin(), size_.end(), 0U);
    std::fill(load_.begin(), load_.end(), 0);
    std::copy(from.order.begin(), from.order.end(), topology_.begin());
    std::copy(from.choice.begin(), from.choice.end(), choice_.begin());
    for (std::uint32_t r = 0; r < topology_.size(); ++r) {
      const std::uint32_t i = topology_[r];
      ShopNode& node = nodes_[i];
      set_choice(i, choice_.empty() ? 0 : choice_[i]);
      node.slot = data_->base[node.machine] + size_[node.machine]++;
      node.rank = r;
      load_[node.machine] += node.duration;
      slots_[node.slot] = i;
    }
    for (const std::uint32_t i : topology_) link(nodes_[i].slot);
    update(0, topology_.size());
  }

  /// Copies the schedule out. O(N).
  void store(ShopOrder& to) const {
    to.order.assign(topology_.begin(), topology_.end());
    to.choice.assign(choice_.begin(), choice_.end());
    to.makespan = makespan_;
  }

  /// Moves the node in slot `from` right behind the one in slot `to` of the same machine.
  void move_later(std::uint32_t from, std::uint32_t to) {
    const std::uint32_t u = slots_[from], v = slots_[to];
    for (std::uint32_t s = from; s < to; ++s) place(s, slots_[s + 1]);
    place(to, u);
    for (std::uint32_t s = from; s <= to; ++s) link(s);
    link_around(from, to);
    const std::uint32_t begin = nodes_[u].rank, end = nodes_[v].rank;
    order_after(u, end);
    update(begin, end + 1);
  }

  /// Moves the node in slot `from` right before the one in slot `to` of the same machine.
  void move_earlier(std::uint32_t from, std::uint32_t to) {
    const std::uint32_t v = slots_[from], u = slots_[to];
    for (std::uint32_t s = from; s > to; --s) place(s, slots_[s - 1]);
    place(to, v);
    for (std::uint32_t s = to; s <= from; ++s) link(s);
    link_around(to, from);
    const std::uint32_t begin = nodes_[u].rank, end = nodes_[v].rank;
    order_before(v, begin);
    update(begin, end + 1);
  }

  /// Takes a node off its machine and puts it, by its alternative `choice`, before slot `to` of that one's machine, which must be
  /// another machine.
  void reassign(std::uint32_t u, std::uint32_t choice, std::uint32_t to) {
    remove(u);
    load_[nodes_[u].machine] -= nodes_[u].duration;
    set_choice(u, choice);
    load_[nodes_[u].machine] += nodes_[u].duration;
    choice_[u] = choice;
    insert(u, to);
    const std::uint32_t old = nodes_[u].rank;
    std::uint32_t begin = old, end = old;
    const ShopNode &before = nodes_[nodes_[u].before], &after = nodes_[nodes_[u].after];
    if (nodes_[u].before != 0 && before.rank > old) {
      end = before.rank;
      order_after(u, end);
    } else if (nodes_[u].after != 0 && after.rank < old) {
      begin = after.rank;
      order_before(u, begin);
    }
    // What followed the node on its old machine may begin earlier, and what preceded it may lie further from the end.
    update(std::min(begin, changed_head_), std::max(end, changed_tail_) + 1);
  }

 private:
  void set_choice(std::uint32_t i, std::uint32_t choice) {
    const std::uint32_t c = data_->choice_begin[i] + choice;
    nodes_[i].machine = data_->choice_machine[c];
    nodes_[i].duration = data_->choice_duration[c];
  }

  void place(std::uint32_t slot, std::uint32_t i) {
    slots_[slot] = i;
    nodes_[i].slot = slot;
  }
  void link(std::uint32_t slot) {
    ShopNode& node = nodes_[slots_[slot]];
    node.before = slots_[slot - 1];
    node.after = slots_[slot + 1];
  }
  /// Tells the nodes next to a range of slots; the idle node 0 takes what nobody reads, then forgets it.
  void link_around(std::uint32_t from, std::uint32_t to) {
    nodes_[slots_[from - 1]].after = slots_[from];
    nodes_[slots_[to + 1]].before = slots_[to];
    nodes_[0].after = nodes_[0].before = 0;
  }

  void remove(std::uint32_t u) {
    const ShopNode node = nodes_[u];
    changed_head_ = node.after != 0 ? nodes_[node.after].rank : node.rank;
    changed_tail_ = node.before != 0 ? nodes_[node.before].rank : node.rank;
    const std::uint32_t end = data_->base[node.machine] + --size_[node.machine];
    for (std::uint32_t s = node.slot; s < end; ++s) place(s, slots_[s + 1]);
    slots_[end] = 0;
    nodes_[node.before].after = node.after;
    nodes_[node.after].before = node.before;
    nodes_[0].after = nodes_[0].before = 0;
  }
  void insert(std::uint32_t u, std::uint32_t to) {
    const std::uint32_t machine = nodes_[u].machine;
    for (std::uint32_t s = data_->base[machine] + size_[machine]++; s > to; --s) place(s, slots_[s - 1]);
    place(to, u);
    link(to);
    link_around(to, to);
  }

  /// Moves `u` to rank `end` or less, together with all that now depends on it in between.
  void order_after(std::uint32_t u, std::uint32_t end) {
    std::uint32_t rank = nodes_[u].rank;
    std::size_t count = 0;
    mark_[u] = 1;
    for (std::uint32_t r = rank + 1; r <= end; ++r) {
      const std::uint32_t i = topology_[r];
      if ((mark_[i - 1] | mark_[nodes_[i].before]) != 0) {
        mark_[i] = 1;
        later_[count++] = i;
      } else {
        set_rank(i, rank++);
      }
    }
    set_rank(u, rank++);
    mark_[u] = 0;
    for (std::size_t k = 0; k < count; ++k) {
      set_rank(later_[k], rank++);
      mark_[later_[k]] = 0;
    }
  }
  /// Moves `v` to rank `begin` or more, together with all that it now depends on in between.
  void order_before(std::uint32_t v, std::uint32_t begin) {
    std::uint32_t rank = nodes_[v].rank;
    std::size_t count = 0;
    mark_[v] = 1;
    for (std::uint32_t r = rank; r-- > begin;) {
      const std::uint32_t i = topology_[r];
      if ((mark_[i + 1] | mark_[nodes_[i].after]) != 0) {
        mark_[i] = 1;
        later_[count++] = i;
      } else {
        set_rank(i, rank--);
      }
    }
    set_rank(v, rank--);
    mark_[v] = 0;
    for (std::size_t k = 0; k < count; ++k) {
      set_rank(later_[k], rank--);
      mark_[later_[k]] = 0;
    }
  }
  void set_rank(std::uint32_t i, std::uint32_t rank) {
    topology_[rank] = i;
    nodes_[i].rank = rank;
  }

  /// Heads from rank `begin` on, tails from before rank `end` down, and the makespan.
  void update(std::size_t begin, std::size_t end) {
    ShopNode* const nodes = nodes_.data();
    const std::uint32_t* const topology = topology_.data();
    for (std::size_t r = begin; r < topology_.size(); ++r) {
      ShopNode* const node = nodes + topology[r];
      node->end = std::max(node[-1].end, nodes[node->before].end) + node->duration;
    }
    for (std::size_t r = end; r-- > 0;) {
      ShopNode* const node = nodes + topology[r];
      node->tail = std::max(node[1].tail, nodes[node->after].tail) + node->duration;
    }
    makespan_ = 0;
    for (const std::uint32_t i : data_->last) makespan_ = std::max(makespan_, nodes[i].end);
  }

  const ShopData* data_;
  std::vector<ShopNode> nodes_;
  std::vector<std::uint32_t> slots_;
  std::vector<std::uint32_t> size_;
  std::vector<std::int32_t> load_;
  std::vector<std::uint32_t> topology_;
  std::vector<std::uint32_t> later_;  ///< scratch of the reordering
  std::vector<std::uint8_t> mark_;
  std::vector<std::uint32_t> choice_;
  std::int32_t makespan_ = 0;
  std::uint32_t changed_head_ = 0, changed_tail_ = 0;
};

}  // namespace kilter::schedule::detail
