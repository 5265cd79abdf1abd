# VanaOS's identity map, hosted, beside memset.
if(TARGET kmemsim_guest_vana)
    add_executable(bench_identity identity_bench.c bench.c)
    target_include_directories(bench_identity PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(bench_identity PRIVATE kmemsim::guest_vana kmemsim::kmemsim kmemsim_warnings)
endif()
