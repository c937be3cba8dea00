/* Flushes of the programs under measurement, which it is preloaded into: each is counted in the file named by BENCH_FLUSH_COUNT (one number of
 * eight bytes, shared by all of them), and takes BENCH_FLUSH_WAIT microseconds longer. Many common SSDs take 2 ms, and a design that is fast
 * only where a flush costs nothing is not fast. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t *count;
static long micros;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("BENCH_FLUSH_COUNT"), *wait = getenv("BENCH_FLUSH_WAIT");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *there = file < 0 ? MAP_FAILED : mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (there != MAP_FAILED)
        count = there;
    micros = wait ? atol(wait) : 0;
}

static void before_a_flush(void)
{
    struct timespec longer = { micros / 1000000, micros % 1000000 * 1000 };
    if (count)
        __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    if (micros > 0)
        nanosleep(&longer, 0);
}

int fsync(int file)
{
    before_a_flush();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    before_a_flush();
    return (int)syscall(SYS_fdatasync, file);
}
