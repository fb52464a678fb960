# cmake -DWEB=<web/> -DOUT=<folder> [-DNODE=<node> -DNPM=<npm-cli.js>] -P web_build.cmake
# Builds the page in a copy of web/ below OUT, then writes OUT/assets.cpp, which holds its files.

# Copies what the page is made of and builds it. Sets built to TRUE if there is a page in OUT/dist.
function(build_page)
  set(built FALSE PARENT_SCOPE)
  if(NOT NODE)
    return()
  endif()
  set(copy ${OUT}/source)
  file(REMOVE_RECURSE ${copy}/src ${copy}/public ${copy}/tests ${OUT}/dist)
  file(COPY ${WEB}/src ${WEB}/public ${WEB}/tests ${WEB}/index.html ${WEB}/package.json ${WEB}/package-lock.json
    ${WEB}/vite.config.ts ${WEB}/tsconfig.json ${WEB}/.npmrc DESTINATION ${copy})
  cmake_path(GET NODE PARENT_PATH bin)
  set(ENV{PATH} "${bin}:$ENV{PATH}")
  file(SHA256 ${WEB}/package-lock.json wanted)
  set(have "")
  if(EXISTS ${OUT}/installed)
    file(READ ${OUT}/installed have)
  endif()
  if(NOT have STREQUAL wanted)
    execute_process(COMMAND ${NODE} ${NPM} ci --no-audit --no-fund --loglevel=error
      WORKING_DIRECTORY ${copy} RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE why)
    if(failed)
      message(WARNING "npm could not fetch what the page is built with; `troodon serve` gets a plain page. "
        "Remove ${OUT} and build again where the registry can be reached.\n${why}")
      return()
    endif()
    file(WRITE ${OUT}/installed ${wanted})
  endif()
  set(ENV{TROODON_WEB_OUT} ${OUT}/dist)
  execute_process(COMMAND ${NODE} ${NPM} run --silent build
    WORKING_DIRECTORY ${copy} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE why)
  if(failed)
    message(FATAL_ERROR "the page does not build (npm run build in web/):\n${said}${why}")
  endif()
  set(built TRUE PARENT_SCOPE)
endfunction()

# What a browser is told a file is.
function(media_type path variable)
  cmake_path(GET path EXTENSION LAST_ONLY ending)
  set(type_.html "text/html; charset=utf-8")
  set(type_.js "text/javascript; charset=utf-8")
  set(type_.css "text/css; charset=utf-8")
  set(type_.svg "image/svg+xml")
  set(type_.png "image/png")
  set(type_.webmanifest "application/manifest+json")
  set(type_.txt "text/plain; charset=utf-8")
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${path}: no media type for '${ending}'; name it in cmake/web_build.cmake")
  endif()
  set(${variable} "${type_${ending}}" PARENT_SCOPE)
endfunction()

# Writes OUT/assets.cpp: each file's bytes by the assembler's .incbin, and the table of them.
function(write_assets folder)
  file(GLOB_RECURSE files RELATIVE ${folder} ${folder}/*)
  list(SORT files)
  set(number 0)
  set(blocks "")
  set(names "")
  set(rows "")
  foreach(file ${files})
    media_type(${file} type)
    file(SHA256 ${folder}/${file} hash)
    string(SUBSTRING ${hash} 0 16 hash)
    string(APPEND blocks "    \".globl troodon_web_${number}, troodon_web_${number}_end\\n\"\n"
      "    \".hidden troodon_web_${number}\\n.hidden troodon_web_${number}_end\\n\"\n"
      "    \"troodon_web_${number}: .incbin \\\"${folder}/${file}\\\"\\ntroodon_web_${number}_end: .byte 0\\n\"\n")
    string(APPEND names "extern const std::byte troodon_web_${number}[], troodon_web_${number}_end[];\n")
    string(APPEND rows "      {\"/${file}\", \"${type}\", {troodon_web_${number}, troodon_web_${number}_end}, "
      "\"\\\"${hash}\\\"\"},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE ${OUT}/assets.cpp
"// Written by cmake/web_build.cmake.
#include \"serve/assets.hpp\"

asm(
    \".pushsection .rodata\\n\"
${blocks}    \".popsection\\n\");
extern \"C\" {
${names}}

namespace troodon::serve {

std::span<const Asset> web_assets() {
  static const Asset kAssets[] = {
${rows}  };
  return kAssets;
}

}  // namespace troodon::serve
")
endfunction()

build_page()
if(NOT built)
  file(REMOVE_RECURSE ${OUT}/dist)
  file(COPY ${WEB}/embed/ DESTINATION ${OUT}/dist)
endif()
write_assets(${OUT}/dist)
