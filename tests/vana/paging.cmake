# Paging and processes, hosted in both modes: the tests call the kernel's own functions, which the module exports.
if(TARGET kmemsim_guest_vana)
    foreach(part paging process)
        kms_add_test(NAME vana_${part}_test SOURCES test_${part}.c vana_fixture.c LIBS kmemsim_test_fixture kmemsim::guest_vana
                     TIMEOUT 240)
        target_include_directories(vana_${part}_test PRIVATE ${PROJECT_SOURCE_DIR}/src/vana)
    endforeach()
endif()

# Demand paging and copy-on-write of src/lib, which VanaOS itself does not use, for its processes.
if(TARGET kmemsim_guest_vana)
    set(vm cow demand frames mappers replace slots space store swap tables text vm_check)
    list(TRANSFORM vm PREPEND ${PROJECT_SOURCE_DIR}/src/lib/)
    list(TRANSFORM vm APPEND .c)
    kms_add_test(NAME vana_vm_test SOURCES test_vm.c vana_fixture.c ${vm} LIBS kmemsim_test_fixture kmemsim::guest_vana)
    target_include_directories(vana_vm_test PRIVATE ${PROJECT_SOURCE_DIR}/src/vana)
endif()
