# kms_add_boot_image(NAME kernel SOURCES file... [LAYOUT script] [OWN_MEMORY] [OPTIONS flag...])
#
# Builds kernel.elf for a Multiboot loader on an i386 PC: the target kernel_image. SOURCES are those of the kernel's
# hosted module and one that defines boot_kernel (src/boot/boot_kernel.h); LAYOUT is a linker script, by default
# layout.ld beside this file; OWN_MEMORY: the kernel has a memset() and its like of its own; OPTIONS: the compiler's. Where the compiler makes no i386 code there is no such target, and tests/boot says so.
include(CheckCSourceCompiles)

set(CMAKE_REQUIRED_FLAGS "-m32 -ffreestanding -nostdlib -static -Wl,-e,entry")
check_c_source_compiles("void entry(void) {} int main(void) { return 0; }" KMEMSIM_HAVE_I386)
unset(CMAKE_REQUIRED_FLAGS)
if(KMEMSIM_HAVE_I386)
    enable_language(ASM)
else()
    message(STATUS "boot images: left out, the C compiler makes no i386 code")
endif()

set(KERNEL_IMAGE_DIR ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "Where kms_add_boot_image() has its sources")

function(kms_add_boot_image)
    cmake_parse_arguments(arg "OWN_MEMORY" "NAME;LAYOUT" "SOURCES;OPTIONS" ${ARGN})
    if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "kms_add_boot_image(${ARGN}): needs NAME and SOURCES; not understood: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT KMEMSIM_HAVE_I386)
        return()
    endif()
    set(boot entry.S stubs.S descriptors.c disk.c hw.c main.c segments.c serial.c trap.c)
    list(TRANSFORM boot PREPEND ${KERNEL_IMAGE_DIR}/)
    list(APPEND boot ${PROJECT_SOURCE_DIR}/src/boot/boot_replay.c)
    set(lib memory.c memory_map.c replay.c replay_validate.c replay_format.c text.c)
    if(arg_OWN_MEMORY)
        list(REMOVE_ITEM lib memory.c)
    endif()
    list(TRANSFORM lib PREPEND ${PROJECT_SOURCE_DIR}/src/lib/)
    set(layout ${KERNEL_IMAGE_DIR}/layout.ld)
    if(arg_LAYOUT)
        cmake_path(ABSOLUTE_PATH arg_LAYOUT OUTPUT_VARIABLE layout)
    endif()
    list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
    set(sources ${boot} ${lib} ${arg_SOURCES})
    list(REMOVE_DUPLICATES sources) # kernels use the library too

    add_executable(${arg_NAME}_image ${sources})
    set_target_properties(${arg_NAME}_image PROPERTIES
        OUTPUT_NAME ${arg_NAME}.elf RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
        POSITION_INDEPENDENT_CODE OFF COMPILE_OPTIONS "" LINK_OPTIONS "" LINK_DEPENDS ${layout})
    target_include_directories(${arg_NAME}_image PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_compile_options(${arg_NAME}_image PRIVATE
        -m32 -march=i686 -mgeneral-regs-only -ffreestanding -fno-pic -fno-pie -fno-stack-protector
        -fno-asynchronous-unwind-tables -O2 -g
        $<$<C_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>
        $<$<C_COMPILER_ID:Clang>:-fno-builtin> ${arg_OPTIONS})
    target_link_libraries(${arg_NAME}_image PRIVATE kmemsim_warnings)
    target_link_options(${arg_NAME}_image PRIVATE -m32 -nostdlib -static -Wl,--build-id=none -Wl,-T,${layout})
endfunction()
