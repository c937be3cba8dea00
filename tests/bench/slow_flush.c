/* A disk whose every flush takes 2 ms longer: preloaded into the programs under measurement. Many common SSDs are such disks, and a
 * design that is fast only where a flush costs nothing is not fast. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_longer(void)
{
    struct timespec two_ms = { 0, 2000000 };
    nanosleep(&two_ms, 0);
}

int fsync(int file)
{
    wait_longer();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    wait_longer();
    return (int)syscall(SYS_fdatasync, file);
}
