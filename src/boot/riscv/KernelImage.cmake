# kms_add_riscv_image(NAME kernel XLEN bits SOURCES file... [OPTIONS compiler-option...])
#
# Builds kernel.elf for QEMU's "virt" board without firmware: the target kernel_image. SOURCES are those of the kernel's
# hosted module and one that defines boot_kernel (src/boot/boot_kernel.h). The cross compiler has both widths. Where there
# is none there is no such target, and tests/boot says so.
find_program(KMEMSIM_RISCV_CC riscv64-unknown-elf-gcc DOC "compiler of the RISC-V boot images")
if(NOT KMEMSIM_RISCV_CC)
    message(STATUS "RISC-V boot images: left out, there is no riscv64-unknown-elf-gcc")
endif()

set(RISCV_IMAGE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(kms_add_riscv_image)
    cmake_parse_arguments(arg "" "NAME;XLEN" "SOURCES;OPTIONS" ${ARGN})
    if(NOT arg_NAME OR NOT arg_XLEN OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "kms_add_riscv_image(${ARGN}): needs NAME, XLEN and SOURCES; not understood: "
                            "${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT KMEMSIM_RISCV_CC)
        return()
    endif()
    set(boot entry.S trampoline.S visit.S access.c hw.c main.c monitor.c)
    list(TRANSFORM boot PREPEND ${RISCV_IMAGE_DIR}/)
    set(lib memory.c memory_map.c replay.c replay_validate.c replay_format.c text.c)
    list(TRANSFORM lib PREPEND ${PROJECT_SOURCE_DIR}/src/lib/)
    list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
    set(sources ${boot} ${PROJECT_SOURCE_DIR}/src/boot/boot_replay.c ${lib} ${arg_SOURCES})
    list(REMOVE_DUPLICATES sources)
    if(arg_XLEN EQUAL 32)
        set(machine -march=rv32imac_zicsr -mabi=ilp32)
    else()
        set(machine -march=rv64imac_zicsr -mabi=lp64)
    endif()
    set(warnings -Wall -Wextra -Wconversion -Wshadow $<$<BOOL:${KMEMSIM_WERROR}>:-Werror>)
    set(image ${PROJECT_BINARY_DIR}/${arg_NAME}.elf)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/kernel/*.h ${PROJECT_SOURCE_DIR}/src/*.h)
    add_custom_command(
        OUTPUT ${image}
        COMMAND ${KMEMSIM_RISCV_CC} ${machine} ${arg_OPTIONS} -mcmodel=medany -std=gnu11 -ffreestanding -O2 -g ${warnings}
                -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -fno-common -msmall-data-limit=0
                -I${PROJECT_SOURCE_DIR}/include -nostdlib -static -Wl,--build-id=none -Wl,--no-warn-rwx-segments
                -Wl,-T,${RISCV_IMAGE_DIR}/layout.ld -o ${image} ${sources} -lgcc
        DEPENDS ${sources} ${headers} ${RISCV_IMAGE_DIR}/registers.inc ${RISCV_IMAGE_DIR}/layout.ld
        COMMENT "RISC-V boot image ${arg_NAME}.elf" COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(${arg_NAME}_image ALL DEPENDS ${image})
endfunction()
