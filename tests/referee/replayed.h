/* replayed.h - golden corpora replayed on the machine alone, in tests of CMocka. */
#ifndef REFEREE_REPLAYED_H
#define REFEREE_REPLAYED_H

#include <stdint.h>

/* The machine gives every answer, of at least so many cases. */
void replayed_must_agree(const char *path, uint64_t at_least);
/* A file cut short, or with another magic, is refused. */
void replayed_must_be_whole(const char *path);

#endif
