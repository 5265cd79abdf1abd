/* process.h - a child program that dies with its parent, and a clock. Linux. */
#ifndef REFEREE_PROCESS_H
#define REFEREE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* stdin from /dev/null; stdout to `out` (-1: /dev/null), stderr likewise to `err`. -1 if it cannot be started. */
struct process_spec {
    char *const *argv;
    int out;
    int err;
};
pid_t process_start(const struct process_spec *spec);

/* Is it still running? With false, the child has been reaped. */
bool process_alive(pid_t pid);
/* Kill and reap; nothing happens for pid <= 0. */
void process_stop(pid_t pid);

/* Is a program of this name in PATH? */
bool process_program_exists(const char *name);

uint64_t process_now_ms(void);

#endif
