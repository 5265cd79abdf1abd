# Virtual memory on a kernel of a few lines, with entries of either width, in both modes.
if(COMMAND kmemsim_add_guest)
    set(vm cow demand frames mappers replace slots space store swap tables text vm_check)
    list(TRANSFORM vm PREPEND ${lib}/)
    list(TRANSFORM vm APPEND .c)
    kmemsim_add_guest(NAME vm_toy OPS vm_toy_guest SOURCES vm_toy.c ${vm} LIBS kmemsim_warnings
        EXPORTS vm_toy_guest toy toy_start toy_create toy_destroy toy_switch toy_leave toy_check
                vm_check vm_fault space_add_area space_remove_area space_area space_find_room space_duplicate
                space_set_entry store_fail swap_evict tables_entry tables_count tables_next entry_read entry_write
                replace_name
        IMPORTS memcpy memset) # which clang calls to copy structures
    kms_add_test(NAME lib_vm_test SOURCES test_vm.c test_vm_cow.c test_vm_swap.c test_vm_tlb.c test_vm_check.c
                 vm_fixture.c LIBS kmemsim_test_fixture kmemsim::guest_vm_toy)
endif()
