#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#include "case_impl.h"
#include "story_layout.h"

#define TAG_DONE        0x80u
#define TAG_SAME        0x81u /* done, and the value is the likely one */
#define TAG_SKIPPED     0x82u
#define TAG_UNSUPPORTED 0x83u

void bytes_add(struct bytes *b, const void *from, size_t n)
{
    if (b->size + n > b->room && !b->failed) {
        size_t room = (b->size + n) * 2;
        uint8_t *grown = realloc(b->at, room);
        b->failed = !grown;
        b->at = grown ? grown : b->at;
        b->room = grown ? room : b->room;
    }
    if (b->failed)
        return;
    memcpy(b->at + b->size, from, n);
    b->size += n;
}

static size_t value_width(const struct ref_op *op)
{
    if (op->code == REF_PEEK)
        return op->width;
    bool reads =
        op->code == REF_ACCESS && (op->kind == REF_READ || op->kind == REF_RMW || op->kind == REF_FETCH);
    if (op->code != REF_ACCESS)
        return own_op_value_width(op);
    return reads && !(op->flags & REF_NO_VALUE) ? op->width : 0;
}

/* What a peek most likely finds: what was poked there last, or base memory. */
static uint64_t likely(const struct ref_case *c, size_t i)
{
    const struct ref_op *op = &c->ops[i];
    if (own_op_value_width(op))
        return op->value;
    if (op->code != REF_PEEK)
        return 0;
    for (size_t k = i; k-- > 0;) {
        if (c->ops[k].code == REF_POKE && c->ops[k].address == op->address && c->ops[k].width == op->width)
            return c->ops[k].value;
    }
    return op->width < 4 ? 0 : layout_pattern(op->address, op->width);
}

static void write_fault(struct bytes *to, const struct ref_op *op, const struct ref_result *r)
{
    uint8_t bytes[10] = {r->vector, (uint8_t)r->error};
    uint64_t distance = r->cr2 - op->address; /* a small number: 0, or the rest of the page */
    memcpy(bytes + 2, &distance, 8);
    bytes_add(to, bytes, own_fault_has_address(r->vector) ? 10 : 2);
}

void corpus_write_answers(struct bytes *to, const struct ref_case *c, const struct ref_result *results)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ref_result *r = &results[i];
        if (own_op_is_silent(&c->ops[i]))
            continue;
        if (r->status == REF_FAULT) {
            write_fault(to, &c->ops[i], r);
            continue;
        }
        uint64_t distance = value_width(&c->ops[i]) ? r->value ^ likely(c, i) : 0;
        uint8_t tag = r->status == REF_SKIPPED ? TAG_SKIPPED
                      : r->status != REF_DONE  ? TAG_UNSUPPORTED
                      : distance               ? TAG_DONE
                                               : TAG_SAME;
        bytes_add(to, &tag, 1);
        if (tag == TAG_DONE)
            bytes_add(to, &distance, value_width(&c->ops[i]));
    }
}

static bool take(struct corpus_cursor *from, void *to, size_t n)
{
    if ((size_t)(from->end - from->at) < n)
        return false;
    memcpy(to, from->at, n);
    from->at += n;
    return true;
}

static bool read_answer(struct corpus_cursor *from, const struct ref_case *c, size_t i, struct ref_result *r)
{
    uint8_t tag, error;
    uint64_t distance = 0;
    if (!take(from, &tag, 1))
        return false;
    if (tag >= TAG_DONE) {
        r->status = tag == TAG_SKIPPED ? REF_SKIPPED : tag == TAG_UNSUPPORTED ? REF_UNSUPPORTED : REF_DONE;
        if (tag == TAG_DONE && !take(from, &distance, value_width(&c->ops[i])))
            return false;
        r->value = r->status == REF_DONE ? distance ^ likely(c, i) : 0;
        return true;
    }
    if (!take(from, &error, 1) || (own_fault_has_address(tag) && !take(from, &distance, 8)))
        return false;
    *r = (struct ref_result){
        REF_FAULT, tag, 0, error, own_fault_has_address(tag) ? c->ops[i].address + distance : 0, 0};
    return true;
}

bool corpus_read_answers(struct corpus_cursor *from, const struct ref_case *c, struct ref_result *results)
{
    for (size_t i = 0; i < c->count; i++) {
        results[i] = (struct ref_result){.status = REF_DONE};
        if (!own_op_is_silent(&c->ops[i]) && !read_answer(from, c, i, &results[i]))
            return false;
    }
    return true;
}

/* FNV-1a over every field of every operation. */
uint64_t corpus_checksum(uint64_t checksum, const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const uint8_t *p = (const uint8_t *)&c->ops[i];
        for (size_t k = 0; k < sizeof(c->ops[i]); k++)
            checksum = (checksum ^ p[k]) * 0x100000001b3u;
    }
    return checksum;
}
