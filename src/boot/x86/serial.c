/* serial.c - the console: COM1, 115,200 baud, 8 bits, no parity, polled. */
#include "boot.h"

#define COM1            0x3f8
#define DATA            (COM1 + 0)
#define INTERRUPTS      (COM1 + 1)
#define FIFO            (COM1 + 2)
#define LINE_CONTROL    (COM1 + 3)
#define LINE_STATUS     (COM1 + 5)
#define DIVISOR_LATCH   0x80
#define EIGHT_BITS      0x03
#define FIFO_ON_CLEARED 0x07
#define READY_TO_SEND   0x20

void serial_init(void)
{
    out8(INTERRUPTS, 0);
    out8(LINE_CONTROL, DIVISOR_LATCH);
    out8(DATA, 1); /* the divisor, low and high byte: 115,200 baud */
    out8(INTERRUPTS, 0);
    out8(LINE_CONTROL, EIGHT_BITS);
    out8(FIFO, FIFO_ON_CLEARED);
}

void serial_putchar(char c)
{
    while (!(in8(LINE_STATUS) & READY_TO_SEND))
        ;
    out8(DATA, (uint8_t)c);
}
