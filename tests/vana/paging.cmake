# Paging and processes, hosted in both modes: the tests call the kernel's own functions, which the module exports.
if(TARGET kmemsim_guest_vana)
    foreach(part paging process)
        kms_add_test(NAME vana_${part}_test SOURCES test_${part}.c vana_fixture.c LIBS kmemsim_test_fixture kmemsim::guest_vana
                     TIMEOUT 240)
        target_include_directories(vana_${part}_test PRIVATE ${PROJECT_SOURCE_DIR}/src/vana)
    endforeach()
endif()
