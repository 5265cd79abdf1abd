# The kernel hosted in both modes: the tests call its own functions, which the modules show: vlsos, and vlsos_debug,
# the build that watches its memory itself.
if(TARGET kmemsim_guest_vlsos)
    foreach(part layout mapping paging slab)
        kms_add_test(NAME vlsos_${part}_test SOURCES test_${part}.c LIBS kmemsim::guest_vlsos kmemsim_test_fixture)
    endforeach()
    kms_add_test(NAME vlsos_debug_test SOURCES test_debug.c LIBS kmemsim::guest_vlsos_debug kmemsim_test_fixture)
endif()
