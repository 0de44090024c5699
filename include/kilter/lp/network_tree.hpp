#pragma once
/// @file
/// The spanning tree of the network simplex method, threaded in preorder.

#include <cstddef>
#include <utility>
#include <vector>

#include "kilter/lp/expression.hpp"

namespace kilter::lp::detail {

/// What the tree knows of a node and of the arc that joins it to its parent.
struct alignas(32) TreeNode {
  int parent = -1;
  int size = 1;     ///< of the subtree
  int arc = -1;     ///< index among the working arcs, −1 for an artificial arc
  int last = 0;     ///< of the subtree in preorder
  double up = 0;    ///< how much more can flow from the node to its parent
  double down = 0;  ///< how much more can flow from the parent to the node
};

/// A rooted spanning tree whose subtrees are stretches of one cyclic list (Barr, Glover and Klingman 1979, "Enhancements of
/// spanning tree labelling procedures for network optimization"). The last node is the root.
class FlowTree {
 public:
  /// `nodes` nodes and a root, to be given parents and then threaded.
  void reset(int nodes) {
    root_ = nodes;
    node_.assign(static_cast<std::size_t>(nodes) + 1, TreeNode{});
    next_.resize(node_.size());
    previous_.resize(node_.size());
    for (int v = 0; v < nodes; ++v) (*this)[v].parent = nodes;
  }

  /// Sizes, last nodes and the list of a tree of which every node but the root knows its parent. O(nodes).
  void thread() {
    std::vector<int> child(node_.size(), -1), sibling(node_.size(), -1);
    for (int v = root_ - 1; v >= 0; --v) {
      const auto parent = static_cast<std::size_t>((*this)[v].parent);
      sibling[static_cast<std::size_t>(v)] = std::exchange(child[parent], v);
    }
    int tail = root_;
    for (int v = root_; v != -1;) {
      if (v != root_) link(tail, v);
      tail = v;
      (*this)[v].size = 1;
      int down = child[static_cast<std::size_t>(v)];
      while (v != -1 && down == -1) {  // the subtree of v is done
        (*this)[v].last = tail;
        down = v == root_ ? -1 : sibling[static_cast<std::size_t>(v)];
        const int parent = (*this)[v].parent;
        if (parent != -1) (*this)[parent].size += (*this)[v].size;
        v = parent;
      }
      v = down;
    }
    link(tail, root_);
  }

  [[nodiscard]] int root() const { return root_; }
  [[nodiscard]] TreeNode& operator[](int v) { return node_[static_cast<std::size_t>(v)]; }
  [[nodiscard]] const TreeNode& operator[](int v) const { return node_[static_cast<std::size_t>(v)]; }

  [[nodiscard]] int next(int v) const { return next_[static_cast<std::size_t>(v)]; }
  [[nodiscard]] int previous(int v) const { return previous_[static_cast<std::size_t>(v)]; }

  /// Cuts the subtree of `cut` off, makes `inner`, a node in it, its root, and hangs it below `outer` by `arc`, over which `up` and
  /// `down` may flow. O(length of the two paths to `join`, the first common ancestor of `outer` and the parent of `cut`).
  void move(int cut, int inner, int outer, int join, int arc, double up, double down) {
    const int size = (*this)[cut].size;
    detach(cut, join);
    const int tail = turn(cut, inner, {arc, up, down});
    (*this)[inner].parent = outer;
    attach(inner, tail, outer, join, size);
  }

 private:
  struct Link {
    int arc;
    double up, down;
  };

  void link(int before, int after) {
    next_[static_cast<std::size_t>(before)] = after;
    previous_[static_cast<std::size_t>(after)] = before;
  }

  /// Takes the stretch of `cut` out of the list and its size off the path to `join`.
  void detach(int cut, int join) {
    const TreeNode& node = (*this)[cut];
    const int before = previous(cut), last = node.last, size = node.size;
    for (int v = node.parent; v != -1 && (*this)[v].last == last; v = (*this)[v].parent) (*this)[v].last = before;
    for (int v = node.parent; v != join; v = (*this)[v].parent) (*this)[v].size -= size;
    link(before, next(last));
  }

  /// Turns the path from `inner` up to `cut` round: every node on it becomes the last child of its former child. In preorder, what
  /// remains of each subtree follows the one that was cut out of it. Returns the last node.
  int turn(int cut, int inner, Link carried) {
    const int whole = (*this)[cut].size;
    int child = inner, child_last = (*this)[inner].last, child_size = (*this)[inner].size, before = previous(inner);
    int tail = child_last, after = next(tail);
    carried = exchange((*this)[inner], carried);
    for (int v = inner == cut ? -1 : (*this)[inner].parent; v != -1;) {
      TreeNode& node = (*this)[v];
      const int above = v == cut ? -1 : node.parent, last = node.last, size = node.size, previous = this->previous(v);
      const int remainder_last = last == child_last ? before : last;
      if (last != child_last) {
        link(before, after);
        after = next(last);
      }
      link(tail, v);
      tail = remainder_last;
      carried = exchange(node, {carried.arc, carried.down, carried.up});
      node.parent = child;
      node.size = whole - child_size;
      child = v;
      child_last = last;
      child_size = size;
      before = previous;
      v = above;
    }
    (*this)[inner].size = whole;
    for (int v = cut; v != inner; v = (*this)[v].parent) (*this)[v].last = tail;
    (*this)[inner].last = tail;
    return tail;
  }
  static Link exchange(TreeNode& node, Link with) {
    const Link before{node.arc, node.up, node.down};
    node.arc = with.arc;
    node.up = with.up;
    node.down = with.down;
    return before;
  }

  /// Puts the stretch from `top` to `tail` behind `outer`, and its size on the path to `join`.
  void attach(int top, int tail, int outer, int join, int size) {
    link(tail, next(outer));
    link(outer, top);
    for (int v = outer; v != -1 && (*this)[v].last == outer; v = (*this)[v].parent) (*this)[v].last = tail;
    for (int v = outer; v != join; v = (*this)[v].parent) (*this)[v].size += size;
  }

  int root_ = 0;
  std::vector<TreeNode> node_;
  std::vector<int> next_, previous_;  ///< in preorder, cyclic
};

}  // namespace kilter::lp::detail
