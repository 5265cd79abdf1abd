#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void redirect(int from, int to)
{
    int fd = from >= 0 ? from : open("/dev/null", O_RDWR);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(127);
}

static void become(const struct process_spec *spec, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    redirect(-1, STDIN_FILENO);
    redirect(spec->out, STDOUT_FILENO);
    redirect(spec->err, STDERR_FILENO);
    execvp(spec->argv[0], spec->argv);
    _exit(127);
}

pid_t process_start(const struct process_spec *spec)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(spec, parent);
    return pid;
}

bool process_alive(pid_t pid)
{
    return pid > 0 && waitpid(pid, NULL, WNOHANG) == 0;
}

void process_stop(pid_t pid)
{
    if (!process_alive(pid))
        return;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

bool process_program_exists(const char *name)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path ? path : "/usr/bin:/bin");
    bool found = false;
    char *rest = NULL;
    for (char *dir = copy ? strtok_r(copy, ":", &rest) : NULL; dir && !found;
         dir = strtok_r(NULL, ":", &rest)) {
        char file[4096];
        snprintf(file, sizeof(file), "%s/%s", dir, name);
        found = access(file, X_OK) == 0;
    }
    free(copy);
    return found;
}

uint64_t process_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}
