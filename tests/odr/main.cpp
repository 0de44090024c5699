// Two translation units with every header: the program links, and both see the same objects and values.
#include "both.hpp"

int main() { return look() == look_in_other() ? 0 : 1; }
