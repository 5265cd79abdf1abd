/* imitate_impl.h - the imitations that an architecture's emulators ask for; see imitate.h. */
#ifndef REFEREE_IMITATE_IMPL_H
#define REFEREE_IMITATE_IMPL_H

#include "imitate.h"

struct imitation {
    enum quirk quirk;
    enum emulator_kind oracle;
    unsigned imitation; /* what subject_imitate() is told */
    bool (*may_matter)(const struct subject *s, const struct ref_case *c);
};

extern const struct imitation own_imitations[];
extern const size_t own_imitation_count;

#endif
