/* reduce.h - making a case that shows something as small as it can be. */
#ifndef REFEREE_REDUCE_H
#define REFEREE_REDUCE_H

#include "case.h"

/* Does the case still show it? */
typedef bool still_shows(void *context, const struct ref_case *c);

/*
 * Drop operations and clear bits of what is poked or loaded as long as `shows` holds, which is called at most
 * `attempts` times. What keeps the ROM alive stays:
 * the reset, the root's first entry, CR0, CR3, CR4 and EFER.
 */
void reduce_case(struct ref_case *c, still_shows *shows, void *context, unsigned attempts);

#endif
