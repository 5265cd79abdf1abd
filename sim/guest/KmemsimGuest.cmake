# kmemsim_add_guest(NAME name OPS symbol SOURCES file...
#                   [INCLUDES directory...] [OPTIONS compile-option...] [LIBS target...]
#                   [EXPORTS symbol...] [IMPORTS symbol...])
#
# Builds a kernel's sources into one guest module: the target kmemsim_guest_NAME (alias kmemsim::guest_NAME), which a
# program links to have the kernel in it. The module registers itself before main() and is found by
# kms_guest_find("NAME"); see kmemsim/guest.h and docs/guests.md.
#
#   OPS       the kernel's table, a global `const struct guest_ops` (kernel/guest.h)
#   LIBS      targets whose usage requirements the sources need, such as a target of warning options
#   EXPORTS   functions and variables that stay visible, for tests of the kernel's inside. Kernels that export the same
#             names live in one program as kmemsim::guest_NAME_closed, the same module without them
#   IMPORTS   what the sources may use from the program beside hw.h: a kernel without a memset() of its own says
#             IMPORTS memset memcpy. Anything else that is left undefined stops the build
#
# The sources are compiled freestanding with the directory's own flags (sanitizers, coverage, fuzzing, optimisation,
# debug information), combined by `ld -r` and stripped of every global name, so that kernels which define the same
# names live in one program. What they tell AddressSanitizer about their memory (kernel/sanitize.h) goes through
# sim/guest/shadow.c, which makes it part of snapshots. Needs GNU ld and objcopy, or llvm-objcopy.
#
# The file stands alone: a project that has kmemsim as an installed package or as a subproject includes it.

# CMake may have chosen lld, which does not place sections by a script when it links with -r.
find_program(KMEMSIM_GUEST_LINKER NAMES ld.bfd ${CMAKE_LINKER} DOC "GNU ld, which combines guest modules")
set(KMEMSIM_GUEST_DIR ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "Where kmemsim_add_guest() has its templates")

function(kmemsim_add_guest)
    cmake_parse_arguments(arg "" "NAME;OPS" "SOURCES;INCLUDES;OPTIONS;LIBS;EXPORTS;IMPORTS" ${ARGN})
    if(NOT arg_NAME OR NOT arg_OPS OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "kmemsim_add_guest(${ARGN}): needs NAME, OPS and SOURCES; not understood: "
                            "${arg_UNPARSED_ARGUMENTS}")
    endif()
    set(target kmemsim_guest_${arg_NAME})
    set(work ${CMAKE_CURRENT_BINARY_DIR}/${target})
    set(modules ${work}/module.o ${work}/closed.o)

    kmemsim_guest_compile(${target}_objects "${arg_NAME}" "${arg_OPS}" "${work}")
    target_sources(${target}_objects PRIVATE ${arg_SOURCES})
    target_include_directories(${target}_objects PRIVATE ${arg_INCLUDES})
    target_compile_options(${target}_objects PRIVATE ${arg_OPTIONS})
    target_link_libraries(${target}_objects PRIVATE ${arg_LIBS})

    set(keep "")
    foreach(symbol IN LISTS arg_EXPORTS)
        list(APPEND keep --keep-global-symbol=${symbol})
    endforeach()
    add_custom_command(
        OUTPUT ${modules}
        COMMAND ${KMEMSIM_GUEST_LINKER} -r --force-group-allocation -T ${KMEMSIM_GUEST_DIR}/module.ld -o ${work}/combined.o
                $<TARGET_OBJECTS:${target}_objects>
        COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DOBJECT=${work}/combined.o -DNAME=${arg_NAME}
                "-DIMPORTS=$<JOIN:${arg_IMPORTS},$<COMMA>>" -P ${KMEMSIM_GUEST_DIR}/check_imports.cmake
        COMMAND ${CMAKE_OBJCOPY} --redefine-sym=__asan_poison_memory_region=kms_guest_asan_poison
                --redefine-sym=__asan_unpoison_memory_region=kms_guest_asan_unpoison ${work}/combined.o
        COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=kms_guest_no_symbol ${keep} ${work}/combined.o ${work}/module.o
        COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=kms_guest_no_symbol ${work}/combined.o ${work}/closed.o
        DEPENDS ${target}_objects $<TARGET_OBJECTS:${target}_objects> ${KMEMSIM_GUEST_DIR}/module.ld
                ${KMEMSIM_GUEST_DIR}/check_imports.cmake
        COMMENT "Guest module ${arg_NAME}" COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(${target}_module DEPENDS ${modules})
    kmemsim_guest_library(${arg_NAME} ${work}/module.o)
    kmemsim_guest_library(${arg_NAME}_closed ${work}/closed.o)
    add_dependencies(${target}_closed ${target}_module)
    add_dependencies(${target} ${target}_module)
    target_include_directories(${target} INTERFACE ${arg_INCLUDES})
endfunction()

# What a program links to have a module in it.
function(kmemsim_guest_library name module)
    set(target kmemsim_guest_${name})
    add_library(${target} INTERFACE)
    add_library(kmemsim::guest_${name} ALIAS ${target})
    target_link_libraries(${target} INTERFACE ${module} kmemsim::kmemsim)
    set_property(TARGET ${target} PROPERTY INTERFACE_LINK_DEPENDS ${module})
endfunction()

# The object library of a module, with the code that registers it.
function(kmemsim_guest_compile objects name ops work)
    set(MODULE_NAME ${name})
    set(MODULE_OPS ${ops})
    configure_file(${KMEMSIM_GUEST_DIR}/module.c.in ${work}/module.c @ONLY)
    add_library(${objects} OBJECT ${work}/module.c)
    set_target_properties(${objects} PROPERTIES
        C_STANDARD 11 C_EXTENSIONS ON POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF
        C_VISIBILITY_PRESET hidden)
    # Every variable in a section of its own, so that module.ld can tell the kernel's from the instrumentation's; no
    # loop of the kernel's memset() may become a call of memset().
    target_compile_options(${objects} PRIVATE
        -ffreestanding -fno-builtin -fno-common -fno-stack-protector -fdata-sections
        $<$<C_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>
        $<$<C_COMPILER_ID:Clang>:SHELL:-mllvm -asan-globals-live-support=0>)
    target_include_directories(${objects} PRIVATE
        $<TARGET_PROPERTY:kmemsim::kmemsim,INTERFACE_INCLUDE_DIRECTORIES>)
endfunction()
