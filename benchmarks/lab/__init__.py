"""The benchmark lab: suites, a runner that keeps its limits, and results that survive anything."""
