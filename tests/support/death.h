/* death.h - what must end the program, tried in a child process. */
#ifndef TESTS_SUPPORT_DEATH_H
#define TESTS_SUPPORT_DEATH_H

/* `fatal` must end in abort(), with `words` somewhere on standard error. */
void expect_abort(void (*fatal)(void *context), void *context, const char *words);

#endif
