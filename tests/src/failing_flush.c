/* A disk that fails: while the file named by FAILING_FLUSH is there, the next flush takes it away and fails. And one that holds: while a file of
 * that name with ".held" behind it is there, flushes wait. Preloaded into the program that flushes, which may be another user's: the files
 * stand in a directory that anybody may write. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(void)
{
    const char *mark = getenv("FAILING_FLUSH");
    char held[4096];
    if (!mark)
        return 0;
    for (snprintf(held, sizeof held, "%s.held", mark); access(held, F_OK) == 0;)
        usleep(1000);
    if (unlink(mark) != 0)
        return 0;
    errno = EIO;
    return 1;
}

int fsync(int file)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    return fails() ? -1 : (int)syscall(SYS_fdatasync, file);
}
