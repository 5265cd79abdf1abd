# VIMIX's kalloc() and kfree(), hosted, beside two memory accesses.
if(TARGET kmemsim_guest_vimix)
    add_executable(bench_kalloc kalloc_bench.c bench.c)
    target_include_directories(bench_kalloc PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(bench_kalloc PRIVATE KERNEL_XLEN=64)
    target_link_libraries(bench_kalloc PRIVATE kmemsim::guest_vimix kmemsim::kmemsim kmemsim_warnings)
endif()
