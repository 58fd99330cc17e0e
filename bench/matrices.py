"""Matrix products against numpy's OpenBLAS."""

from bench.harness import as_test
from mmlcore._bench.cases import matmul

BATCH = {2: 10, 3: 6.5, 4: 6, 6: 3.3, 8: 1.3, 16: 1.1, 24: 1, 32: 1, 48: 1, 64: 1}

CASES = [
    *(matmul(n) for n in (8, 16, 32, 64, 96, 128, 200, 256, 512)),
    matmul(64, "float32"),
    matmul(1024, target=1.15),
    matmul(1024, "float32", target=1.03),
    matmul(1000, target=1.15),
    matmul(4096, target=1.15),
    matmul(4096, "float32", target=1.03),
    *(matmul(n, batch=4_000_000 // n**2, target=target) for n, target in BATCH.items()),
    *(matmul(n, "float32", batch=8_000_000 // n**2, target=BATCH[n]) for n in (3, 8, 16)),
]
test_cases = as_test(CASES)
