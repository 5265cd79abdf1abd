#include "ledger.h"

#include <stdlib.h>

enum { CHAINS_AT_FIRST = 64 };

static size_t chain_of(const struct check_ledger *ledger, int process, kms_linear address)
{
    const uint64_t key = address ^ (uint64_t)(unsigned)process << 40;
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (ledger->chain_count - 1);
}

static void put(struct check_ledger *ledger, struct check_entry *entry)
{
    struct check_entry **chain =
        &ledger->chains[chain_of(ledger, entry->block.process, entry->block.address)];
    entry->next = *chain;
    *chain = entry;
}

/* Twice the chains, or what there is. */
static bool grow(struct check_ledger *ledger)
{
    const size_t count = ledger->chain_count ? ledger->chain_count * 2 : CHAINS_AT_FIRST;
    struct check_ledger grown = {
        .chains = calloc(count, sizeof(struct check_entry *)), .chain_count = count, .count = ledger->count};
    if (!grown.chains)
        return ledger->chain_count > 0;
    for (size_t i = 0; i < ledger->chain_count; i++)
        for (struct check_entry *entry = ledger->chains[i], *next; entry; entry = next) {
            next = entry->next;
            put(&grown, entry);
        }
    free(ledger->chains);
    *ledger = grown;
    return true;
}

struct check_entry *ledger_add(struct check_ledger *ledger, int process, kms_linear address)
{
    struct check_entry *entry = ledger_find(ledger, process, address);
    if (entry)
        ledger_remove(ledger, entry);
    if (ledger->count >= ledger->chain_count && !grow(ledger))
        return NULL;
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->block.process = process;
    entry->block.address = address;
    put(ledger, entry);
    ledger->count++;
    return entry;
}

struct check_entry *ledger_find(const struct check_ledger *ledger, int process, kms_linear address)
{
    if (ledger->chain_count == 0)
        return NULL;
    struct check_entry *entry = ledger->chains[chain_of(ledger, process, address)];
    while (entry && (entry->block.process != process || entry->block.address != address))
        entry = entry->next;
    return entry;
}

struct check_entry *ledger_around(const struct check_ledger *ledger, kms_linear address)
{
    for (struct check_entry *entry = ledger_first(ledger); entry; entry = ledger_next(ledger, entry))
        if (entry->block.process < 0 && address >= entry->block.address - entry->lead &&
            address < entry->block.address + entry->block.size + KMS_CHECK_ZONE)
            return entry;
    return NULL;
}

void ledger_remove(struct check_ledger *ledger, struct check_entry *entry)
{
    struct check_entry **link = &ledger->chains[chain_of(ledger, entry->block.process, entry->block.address)];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    ledger->count--;
    free(entry);
}

static struct check_entry *first_from(const struct check_ledger *ledger, size_t chain)
{
    while (chain < ledger->chain_count && !ledger->chains[chain])
        chain++;
    return chain < ledger->chain_count ? ledger->chains[chain] : NULL;
}

struct check_entry *ledger_first(const struct check_ledger *ledger)
{
    return first_from(ledger, 0);
}

struct check_entry *ledger_next(const struct check_ledger *ledger, const struct check_entry *entry)
{
    if (entry->next)
        return entry->next;
    return first_from(ledger, chain_of(ledger, entry->block.process, entry->block.address) + 1);
}

void ledger_clear(struct check_ledger *ledger)
{
    for (size_t i = 0; i < ledger->chain_count; i++)
        for (struct check_entry *entry = ledger->chains[i], *next; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
    free(ledger->chains);
    *ledger = (struct check_ledger){0};
}

static int by_number(const void *a, const void *b)
{
    const struct check_entry *const *one = a, *const *other = b;
    return (*one)->block.number < (*other)->block.number ? -1 : 1;
}

struct check_entry **ledger_sorted(const struct check_ledger *ledger)
{
    struct check_entry **entries = calloc(ledger->count + 1, sizeof *entries);
    size_t count = 0;
    if (!entries)
        return NULL;
    for (struct check_entry *entry = ledger_first(ledger); entry; entry = ledger_next(ledger, entry))
        entries[count++] = entry;
    qsort(entries, count, sizeof(struct check_entry *), by_number);
    return entries;
}
