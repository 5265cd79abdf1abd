# Processes and virtual memory.
if(TARGET kmemsim_guest_vlsos)
    kms_add_test(NAME vlsos_vm_test SOURCES test_vm.c test_store.c process_fixture.c LIBS kmemsim::guest_vlsos kmemsim_test_fixture)
endif()
