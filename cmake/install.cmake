# What `cmake --install` leaves in a prefix: the program, libtroodon.so with every room inside and
# nothing but include/troodon/ to see, the headers, and what find_package(troodon) reads.
if(SKBUILD)
  set(CMAKE_INSTALL_LIBDIR lib)  # the extension looks there, whatever the distribution's custom
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(troodon_shared SHARED $<TARGET_OBJECTS:troodon_api>)
target_link_libraries(troodon_shared PRIVATE troodon_index troodon_infer troodon_apply troodon_depth troodon_annotate
  troodon_match troodon_restyle $<TARGET_NAME_IF_EXISTS:troodon_search> troodon_run)
set_target_properties(troodon_shared PROPERTIES OUTPUT_NAME troodon EXPORT_NAME troodon LINKER_LANGUAGE CXX
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_include_directories(troodon_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(troodon_shared INTERFACE cxx_std_20)

# LibTorch and OpenVINO stay where they are: beside the package in Python's folder of packages, else
# where they were found.
if(SKBUILD)
  set(rpath "$ORIGIN/../../torch/lib" "$ORIGIN/../../openvino/libs")
else()
  set(rpath ${TROODON_TORCH}/lib)
  if(OpenVINO_FOUND)
    list(APPEND rpath "$<TARGET_FILE_DIR:openvino::runtime>")
  endif()
endif()
set_target_properties(troodon_shared troodon PROPERTIES INSTALL_RPATH "${rpath}")

install(TARGETS troodon RUNTIME COMPONENT runtime)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/models DESTINATION share/troodon COMPONENT runtime)
install(TARGETS troodon_shared EXPORT troodon
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/troodon TYPE INCLUDE COMPONENT development)
set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/troodon)
install(EXPORT troodon FILE troodonConfig.cmake NAMESPACE troodon:: DESTINATION ${cmake_dir} COMPONENT development)
write_basic_package_version_file(troodonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/troodonConfigVersion.cmake DESTINATION ${cmake_dir} COMPONENT development)
