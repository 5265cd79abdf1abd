/*
 * log_text.h - numbers behind keys in a line of a log: "epc:0x80000074", "CR0=80000011".
 */
#ifndef KMS_INSPECT_LOG_TEXT_H
#define KMS_INSPECT_LOG_TEXT_H

#include <stdint.h>

/* What follows a key that stands by itself in the line; NULL if it does not. */
const char *log_after(const char *line, const char *key);

/* The number right behind the key, in this base, with or without 0x. How many characters it has; 0: there is none, and
 * *value is as before. */
unsigned log_number(const char *line, const char *key, int base, uint64_t *value);

#endif
