/*
 * grammar.h - the format's operations as one table, which the reader and the writer both run on.
 *
 * A rule's operands are letters, in the order of the line:
 *   h  a handle that the operation makes        -> handle
 *   r  the handle that keeps an answer, new or not -> handle
 *   a  an address                               -> address
 *   t  an address                               -> target
 *   s  a size in bytes, written in decimal      -> number
 *   p  a count of pages, 1 to 2^20              -> number
 *   g  the size of a program in bytes           -> number
 *   d  a change in bytes, written in decimal with its sign -> number
 *   n  a number below 2^32, written in decimal  -> number
 *   v  a value, written in hexadecimal          -> number
 *   e  an error code below 2^32, hexadecimal    -> number
 *   w  a width: 1, 2 or 4                       -> width
 *   c  a process that the operation makes       -> process
 *   q  a process made before                    -> process
 *   y  another process that the operation makes -> child
 *   k  a status: a word or a number             -> text
 *   x  the rest of the line                     -> text
 *   @  the word "at"
 * After the operands the rule's words may follow, each at most once and in any order.
 */
#ifndef KMS_TRACE_GRAMMAR_H
#define KMS_TRACE_GRAMMAR_H

#include <kmemsim/trace.h>

#define TRACE_WORDS 4u

struct trace_rule {
    const char *group; /* the first of two words, or NULL */
    const char *name;
    const char *operands;
    unsigned words;
};

struct trace_word {
    const char *text;
    unsigned bit;
};

/* Indexed by enum kms_trace_kind. */
extern const struct trace_rule trace_rules[KMS_TRACE_KINDS];
extern const struct trace_word trace_words[TRACE_WORDS];

/* The rule of a name within a group (NULL: of none), or NULL. */
const struct trace_rule *trace_find_rule(const char *group, const char *name, size_t length);
/* The group of that name, or NULL. */
const char *trace_find_group(const char *name, size_t length);

#endif
