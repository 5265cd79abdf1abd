# Processes and virtual memory.
if(TARGET kmemsim_guest_vlsos_open)
    kms_add_test(NAME vlsos_vm_test SOURCES test_vm.c LIBS kmemsim::guest_vlsos_open kmemsim_test_fixture)
endif()
