#include "places.h"

const uint32_t places[PLACES] = {
    0x00000000, 0x00001000,                         /* vectors */
    0x000ff000, 0x00100000,                         /* below and in the kernel's image */
    0x001ff000, 0x00200000, 0x00201000,             /* the top of its stack */
    0x003fa000, 0x003fb000,                         /* the bottom of a program's stack */
    0x003fe000, 0x003ff000, 0x00400000, 0x00401000, /* the stack's top; a program, in another table */
    0x005fb000, 0x005fc000,                         /* the ring-0 stack */
    0x005ff000, 0x00600000, 0x00601000,             /* its top */
    0x00fff000, 0x01000000,                         /* the heap's first block */
    0x01c7e000,                                     /* a block of it that is free */
    0x07800000, 0x07801000, 0x07802000,             /* RAM that is nobody's */
    0x7ffff000, 0x80000000,                         /* no RAM */
    0xffffe000, 0xfffff000,                         /* the end */
};

unsigned places_in_row(unsigned place)
{
    unsigned count = 1;

    while (place + count < PLACES && places[place + count] == places[place] + count * PAGE)
        count++;
    return count;
}

uint32_t places_target(unsigned place, unsigned choice)
{
    static const uint32_t others[] = {
        0x00000000,                                     /* physical address 0 is one like any other */
        0x00007000,                                     /* the heap's table */
        0x00100000, 0x001ff000, 0x005fc000, 0x00600000, /* the kernel and what is next to it */
        0x01000000, 0x01c7e000, 0x80000000, 0xfffff000,
    };

    if (choice < FRAMES)
        return FRAME_FIRST + choice * PAGE;
    return choice - FRAMES < sizeof others / sizeof others[0] ? others[choice - FRAMES] : places[place];
}
