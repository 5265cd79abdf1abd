/*
 * disk.c - the backing store on the metal: the first IDE disk, by programmed I/O with 28-bit sector numbers ("AT
 * Attachment with Packet Interface", commands IDENTIFY DEVICE, SET MULTIPLE MODE, READ and WRITE MULTIPLE, READ and
 * WRITE SECTOR(S)). A page moves at once where the disk can, for each time that it has to be waited for costs more than the
 * bytes do. Where there is no such disk there is no store.
 */
#include <kernel/hw.h>

#include "boot.h"

#define ATA          0x1f0
#define DATA         (ATA + 0)
#define SECTOR_COUNT (ATA + 2)
#define SECTOR_LOW   (ATA + 3)
#define SECTOR_MID   (ATA + 4)
#define SECTOR_HIGH  (ATA + 5)
#define DEVICE       (ATA + 6)
#define STATUS       (ATA + 7)
#define COMMAND      (ATA + 7)
#define CONTROL      0x3f6

#define STATUS_ERROR  0x01u
#define STATUS_DATA   0x08u /* DRQ */
#define STATUS_FAULT  0x20u
#define STATUS_BUSY   0x80u
#define STATUS_NOBODY 0xffu /* an empty bus */

#define DEVICE_FIRST_LBA 0xe0u
#define NO_INTERRUPTS    0x02u

#define COMMAND_READ           0x20u
#define COMMAND_WRITE          0x30u
#define COMMAND_READ_MULTIPLE  0xc4u
#define COMMAND_WRITE_MULTIPLE 0xc5u
#define COMMAND_SET_MULTIPLE   0xc6u
#define COMMAND_IDENTIFY       0xecu

#define SECTOR           512u
#define SECTORS_IN_PAGE  (HW_STORE_PAGE / SECTOR)
#define SECTORS_28_BITS  0x10000000u
#define IDENTIFY_SECTORS 60 /* and 61: how many there are, in words */
#define POLLS            10000000u

static uint32_t block = 1; /* sectors that the disk moves each time that it wants data */

static inline void out16s(uint16_t port, const void *words, uint32_t count)
{
    __asm__ volatile("rep outsw" : "+S"(words), "+c"(count) : "d"(port) : "memory");
}

static inline void in16s(uint16_t port, void *words, uint32_t count)
{
    __asm__ volatile("rep insw" : "+D"(words), "+c"(count) : "d"(port) : "memory");
}

/* The status once the disk is no longer busy; busy if it never ends. */
static uint8_t wait_ready(void)
{
    uint8_t status = in8(STATUS);

    for (uint32_t polls = POLLS; (status & STATUS_BUSY) && polls > 0; polls--)
        status = in8(STATUS);
    return status;
}

static bool wants_data(uint8_t status)
{
    return (status & (STATUS_BUSY | STATUS_ERROR | STATUS_FAULT | STATUS_DATA)) == STATUS_DATA;
}

static void command(uint8_t what, uint32_t sector, uint8_t count)
{
    (void)wait_ready();
    out8(DEVICE, (uint8_t)(DEVICE_FIRST_LBA | (sector >> 24 & 0xfu)));
    out8(SECTOR_COUNT, count);
    out8(SECTOR_LOW, (uint8_t)sector);
    out8(SECTOR_MID, (uint8_t)(sector >> 8));
    out8(SECTOR_HIGH, (uint8_t)(sector >> 16));
    out8(COMMAND, what);
}

static uint32_t count_sectors(void)
{
    static uint16_t words[SECTOR / 2];

    if (in8(STATUS) == STATUS_NOBODY)
        return 0;
    out8(CONTROL, NO_INTERRUPTS);
    command(COMMAND_IDENTIFY, 0, 0);
    if (in8(STATUS) == 0 || !wants_data(wait_ready()))
        return 0;
    in16s(DATA, words, SECTOR / 2);
    return words[IDENTIFY_SECTORS] | (uint32_t)words[IDENTIFY_SECTORS + 1] << 16;
}

/* A disk that refuses goes on sector by sector. */
static void choose_block(void)
{
    command(COMMAND_SET_MULTIPLE, 0, SECTORS_IN_PAGE);
    block = wait_ready() & (STATUS_BUSY | STATUS_ERROR | STATUS_FAULT) ? 1 : SECTORS_IN_PAGE;
}

uint32_t hw_store_pages(void)
{
    static uint32_t pages;
    static bool asked;

    if (!asked) {
        const uint32_t sectors = count_sectors();

        pages = (sectors < SECTORS_28_BITS ? sectors : SECTORS_28_BITS) / SECTORS_IN_PAGE;
        if (pages > 0)
            choose_block();
        asked = true;
    }
    return pages;
}

/* What was begun within a sector cannot be moved alone; such transfers never come from lib/store.h. */
static bool is_whole(const struct hw_transfer *transfer)
{
    return transfer->page < hw_store_pages() && transfer->bytes > 0 && transfer->offset % SECTOR == 0 &&
           transfer->bytes % SECTOR == 0 && transfer->offset + transfer->bytes <= HW_STORE_PAGE;
}

static bool move_sectors(const struct hw_transfer *transfer)
{
    uint8_t *at = transfer->memory;
    uint32_t left = transfer->bytes, bytes;

    while (left > 0) {
        bytes = left < block * SECTOR ? left : block * SECTOR;
        if (!wants_data(wait_ready()))
            return false;
        if (transfer->write)
            out16s(DATA, at, bytes / 2);
        else
            in16s(DATA, at, bytes / 2);
        at += bytes;
        left -= bytes;
    }
    return !(wait_ready() & (STATUS_BUSY | STATUS_ERROR | STATUS_FAULT));
}

static uint8_t command_for(const struct hw_transfer *transfer)
{
    if (block > 1)
        return transfer->write ? COMMAND_WRITE_MULTIPLE : COMMAND_READ_MULTIPLE;
    return transfer->write ? COMMAND_WRITE : COMMAND_READ;
}

int32_t hw_store_transfer(const struct hw_transfer *transfer)
{
    const uint32_t sector = transfer->page * SECTORS_IN_PAGE + transfer->offset / SECTOR;

    if (!is_whole(transfer))
        return -1;
    command(command_for(transfer), sector, (uint8_t)(transfer->bytes / SECTOR));
    return move_sectors(transfer) ? (int32_t)transfer->bytes : -1;
}
