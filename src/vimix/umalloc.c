#include "umalloc.h"

#include <kernel/hw_riscv.h>

#include "status.h"
#include "syscall.h"

#define WORD ((reg_t)sizeof(reg_t))

static struct umalloc_work work;

/* A block's header in registers, and where it stands. */
struct unit {
    reg_t at;
    reg_t next, size;
};

/* ---- the program's memory ---- */

static bool load_word(reg_t at, reg_t *value)
{
    uint64_t loaded;

    if (!hw_user_load(at, WORD, &loaded))
        return false;
    *value = (reg_t)loaded;
    return true;
}

static bool load_unit(reg_t at, struct unit *unit)
{
    work.headers_read++;
    unit->at = at;
    return load_word(at, &unit->next) && load_word(at + WORD, &unit->size);
}

static bool store_unit(const struct unit *unit)
{
    work.headers_written++;
    return hw_user_store(unit->at, WORD, unit->next) && hw_user_store(unit->at + WORD, WORD, unit->size);
}

/* Where the search begins: the word behind the ring's first unit. */
static reg_t search_word(reg_t libc)
{
    return libc + UMALLOC_UNIT;
}

static bool begin_at(reg_t libc, reg_t at)
{
    work.begin_words++;
    return hw_user_store(search_word(libc), WORD, at);
}

/* Where the search begins, the ring being made if there is none yet. */
static bool find_ring(reg_t libc, reg_t *begin)
{
    const struct unit first = {libc, libc, 0};

    work.begin_words++;
    if (!load_word(search_word(libc), begin))
        return false;
    if (*begin != 0)
        return true;
    *begin = libc;
    return store_unit(&first) && begin_at(libc, libc);
}

int umalloc_sbrk(sreg_t change, reg_t *before)
{
    const reg_t answer = (reg_t)hw_user_syscall(SYS_SBRK, (reg_t)change, 0);

    *before = answer;
    return answer > (reg_t)-PAGE_SIZE ? (int)(sreg_t)answer : VIMIX_OK;
}

/* ---- going round ---- */

/* A ring that a program has written over may never come back to where it began: some address then comes again, after
 * 1, 2, 4, ... steps from a mark. */
struct round {
    reg_t mark, steps, until;
};

static bool comes_again(struct round *round, reg_t at)
{
    if (at == round->mark)
        return true;
    if (++round->steps > round->until) {
        *round = (struct round){.mark = at, .until = 2 * round->until + 1};
    }
    return false;
}

/* ---- giving back ---- */

/* The free block after which an address belongs: the ring's last one if it is below or above all of them. */
static bool find_place(reg_t begin, reg_t at, struct unit *before)
{
    struct round round = {0};

    if (!load_unit(begin, before))
        return false;
    while (!(at > before->at && at < before->next)) {
        if (before->at >= before->next && (at > before->at || at < before->next))
            return true;
        if (comes_again(&round, before->at) || !load_unit(before->next, before))
            return false;
    }
    return true;
}

static bool lies_in(reg_t at, const struct unit *block)
{
    return at >= block->at && at - block->at < block->size * UMALLOC_UNIT;
}

static bool join_behind(struct unit *block, reg_t next)
{
    struct unit behind;

    block->next = next;
    if (block->at + block->size * UMALLOC_UNIT != next)
        return true;
    if (!load_unit(next, &behind) || behind.size == 0)
        return behind.at == next; /* the ring's first unit is nobody's neighbour */
    block->size += behind.size;
    block->next = behind.next;
    return true;
}

/* Put a block on the ring behind `before`. */
static int insert(reg_t libc, struct unit *before, struct unit *block)
{
    bool done = join_behind(block, before->next);

    if (done && before->size > 0 && before->at + before->size * UMALLOC_UNIT == block->at) {
        before->size += block->size;
        before->next = block->next;
    } else if (done) {
        done = store_unit(block);
        before->next = block->at;
    }
    return done && store_unit(before) && begin_at(libc, before->at) ? VIMIX_OK : -EFAULT;
}

/* A header that umalloc() wrote: its block is not larger than what may be between it and the stack. */
static bool is_taken(const struct unit *block)
{
    return block->next == UMALLOC_MARKER && block->size > 1 &&
           block->size <= (USER_HEAP_LIMIT - block->at) / UMALLOC_UNIT;
}

/* Only what may be a header of this library's is looked at: else a wild pointer would be a fault. */
static int read_taken(reg_t libc, reg_t address, struct unit *block)
{
    reg_t end;

    if (umalloc_sbrk(0, &end) != VIMIX_OK)
        return -EFAULT;
    if (address % UMALLOC_UNIT || address < libc + UMALLOC_STATIC_SIZE + UMALLOC_UNIT || address >= end)
        return -EINVAL;
    if (!load_unit(address - UMALLOC_UNIT, block))
        return -EFAULT;
    return is_taken(block) && block->size * UMALLOC_UNIT <= end - block->at ? VIMIX_OK : -EINVAL;
}

int umalloc_free(reg_t libc, reg_t address)
{
    struct unit block;
    struct unit before;
    reg_t begin;
    int status;

    if (address == 0)
        return VIMIX_OK;
    status = read_taken(libc, address, &block);
    if (status != VIMIX_OK)
        return status;
    if (!find_ring(libc, &begin) || !find_place(begin, block.at, &before))
        return -EFAULT;
    if (lies_in(block.at, &before))
        return -EINVAL;
    return insert(libc, &before, &block);
}

/* ---- handing out ---- */

/* Units at the break, which a program may have moved anywhere; the first of them is at *at. */
static int move_break(reg_t units, reg_t *at)
{
    reg_t now;
    reg_t gap;
    int status = umalloc_sbrk(0, &now);

    if (status != VIMIX_OK)
        return status;
    gap = (0 - now) & (UMALLOC_UNIT - 1);
    status = umalloc_sbrk((sreg_t)(gap + units * UMALLOC_UNIT), at);
    if (status == VIMIX_OK)
        *at += gap;
    return status;
}

static int ask_kernel(reg_t libc, reg_t units)
{
    struct unit block = {.size = units < UMALLOC_QUANTUM ? UMALLOC_QUANTUM : units};
    struct unit before;
    reg_t begin;
    const int status = move_break(block.size, &block.at);

    if (status != VIMIX_OK)
        return status;
    if (!find_ring(libc, &begin) || !find_place(begin, block.at, &before))
        return -EFAULT;
    return insert(libc, &before, &block);
}

/* Cut a block out of the end of a free one, which `before` leads to. */
static int cut(reg_t libc, struct unit *before, struct unit *found, reg_t units)
{
    struct unit taken = {found->at, UMALLOC_MARKER, units};
    bool done = true;

    if (found->size == units) {
        before->next = found->next;
        done = store_unit(before);
    } else {
        found->size -= units;
        done = store_unit(found);
        taken.at += found->size * UMALLOC_UNIT;
    }
    return done && store_unit(&taken) && begin_at(libc, before->at) ? 1 : -EFAULT;
}

/* One way round the ring. 1: *address has a block; 0: none is large enough. */
static int search(reg_t libc, reg_t units, reg_t *address)
{
    struct unit before;
    struct unit found;
    struct round round = {0};
    reg_t begin;

    if (!find_ring(libc, &begin) || !load_unit(begin, &before))
        return -EFAULT;
    do {
        if (comes_again(&round, before.next) || !load_unit(before.next, &found))
            return -EFAULT;
        if (found.size >= units) {
            const reg_t rest = found.size - units;

            *address = found.at + (rest + 1) * UMALLOC_UNIT;
            return cut(libc, &before, &found, units);
        }
        before = found;
    } while (before.at != begin);
    return 0;
}

int umalloc(reg_t libc, reg_t size, reg_t *address)
{
    const reg_t units = (size + UMALLOC_UNIT - 1) / UMALLOC_UNIT + 1;
    int found;

    *address = 0;
    if (size == 0)
        return -EINVAL;
    if (size > USER_HEAP_LIMIT)
        return -ENOMEM;
    found = search(libc, units, address);
    if (found == 0) {
        const int status = ask_kernel(libc, units);

        if (status != VIMIX_OK)
            return status == -EFAULT ? status : -ENOMEM;
        found = search(libc, units, address);
    }
    return found == 1 ? VIMIX_OK : -EFAULT;
}

/* ---- the others ---- */

void umalloc_measure(struct umalloc_work *done)
{
    *done = work;
}

static bool fill_zero(reg_t at, reg_t bytes)
{
    for (reg_t done = 0; done < bytes; done += WORD) {
        if (!hw_user_store(at + done, WORD, 0))
            return false;
    }
    return true;
}

int umalloc_calloc(reg_t libc, reg_t count, reg_t size, reg_t *address)
{
    int status;

    *address = 0;
    if (size != 0 && count > (reg_t)-1 / size)
        return -EINVAL;
    status = umalloc(libc, count * size, address);
    if (status == VIMIX_OK && !fill_zero(*address, count * size))
        return -EFAULT;
    return status;
}

static bool copy_words(reg_t to, reg_t from, reg_t bytes)
{
    for (reg_t done = 0; done < bytes; done += WORD) {
        reg_t word;

        if (!load_word(from + done, &word) || !hw_user_store(to + done, WORD, word))
            return false;
    }
    return true;
}

static int move_block(reg_t libc, const struct unit *block, reg_t size, reg_t *address)
{
    const reg_t old = block->at + UMALLOC_UNIT;
    int status = umalloc(libc, size, address);

    if (status != VIMIX_OK)
        return status;
    if (!copy_words(*address, old, (block->size - 1) * UMALLOC_UNIT))
        return -EFAULT;
    return umalloc_free(libc, old);
}

int umalloc_realloc(reg_t libc, reg_t old, reg_t size, reg_t *address)
{
    struct unit block;
    int status;

    *address = 0;
    if (old == 0)
        return umalloc(libc, size, address);
    if (size == 0)
        return umalloc_free(libc, old);
    status = read_taken(libc, old, &block);
    if (status != VIMIX_OK)
        return status;
    if (size > (block.size - 1) * UMALLOC_UNIT)
        return move_block(libc, &block, size, address);
    *address = old;
    return VIMIX_OK;
}
