// A program outside of kilter, built with warnings as errors.
#include <cstdio>

#include <kilter/kilter.hpp>

int main() {
  using namespace kilter::units;
  const kilter::Joules energy = 700 * W * (0.5 * h);
  const kilter::Dollars cost = energy * (0.12 * usd / kWh);
  const std::string moment = kilter::to_string(kilter::Time{1'700'000'000});
  std::printf("%s Wh for %s USD at %s\n", kilter::fixed(energy.in(Wh), 0).c_str(), kilter::fixed(cost.in(usd), 3).c_str(),
              moment.c_str());
}
