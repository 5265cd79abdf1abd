# The kernel hosted in both modes: the tests call its own functions, which the module vlsos_open shows.
if(TARGET kmemsim_guest_vlsos_open)
    foreach(part layout paging)
        kms_add_test(NAME vlsos_${part}_test SOURCES test_${part}.c LIBS kmemsim::guest_vlsos_open kmemsim_test_fixture)
    endforeach()
endif()
