#include "both.hpp"

Seen look_in_other() { return look(); }
