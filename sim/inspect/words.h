/* words.h - text put together piece by piece in a buffer of fixed size. */
#ifndef KMS_INSPECT_WORDS_H
#define KMS_INSPECT_WORDS_H

#include <stddef.h>

struct words {
    char *text;
    size_t size;
    size_t length; /* of the whole text, also of what did not fit */
};

struct words words_in(char *text, size_t size);
__attribute__((format(printf, 2, 3))) void words_add(struct words *words, const char *format, ...);

#endif
