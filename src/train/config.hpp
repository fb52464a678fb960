#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "model/head.hpp"
#include "model/vit.hpp"

// The settings of a pretraining run. Keys, names and defaults are the official ones (spec
// dinov2.md 3.1), so that official YAML files load unchanged; what is ours alone stands in the
// section `troodon`.
namespace troodon::train {

struct WeightsSection {
  std::string weights;  ///< checkpoint to start from when the run has none of its own
  void fields(auto& f) { f("WEIGHTS", weights); }
};

struct MixedPrecision {
  std::string param_dtype = "fp16";
  std::string reduce_dtype = "fp16";
  std::string buffer_dtype = "fp32";
  void fields(auto& f) {
    f("param_dtype", param_dtype), f("reduce_dtype", reduce_dtype), f("buffer_dtype", buffer_dtype);
  }
};

struct ModulePrecision {
  std::string sharding_strategy = "SHARD_GRAD_OP";
  MixedPrecision mixed_precision;
  void fields(auto& f) {
    f("sharding_strategy", sharding_strategy), f("mixed_precision", mixed_precision);
  }
};

struct NetworkPrecision {
  ModulePrecision backbone, dino_head, ibot_head;
  void fields(auto& f) {
    f("backbone", backbone), f("dino_head", dino_head), f("ibot_head", ibot_head);
  }
};

/// Read for compatibility; troodon.precision decides how a run computes.
struct ComputePrecision {
  bool grad_scaler = true;
  NetworkPrecision teacher;
  NetworkPrecision student{.dino_head = {.mixed_precision = {.reduce_dtype = "fp32"}},
                           .ibot_head = {.mixed_precision = {.reduce_dtype = "fp32"}}};
  void fields(auto& f) {
    f("grad_scaler", grad_scaler), f("teacher", teacher), f("student", student);
  }
};

struct DinoSection {
  double loss_weight = 1.0;
  int64_t head_n_prototypes = 65536;
  int64_t head_bottleneck_dim = 256;
  int64_t head_nlayers = 3;
  int64_t head_hidden_dim = 2048;
  double koleo_loss_weight = 0.1;
  void fields(auto& f) {
    f("loss_weight", loss_weight), f("head_n_prototypes", head_n_prototypes);
    f("head_bottleneck_dim", head_bottleneck_dim), f("head_nlayers", head_nlayers);
    f("head_hidden_dim", head_hidden_dim), f("koleo_loss_weight", koleo_loss_weight);
  }
};

struct IbotSection {
  double loss_weight = 1.0;
  double mask_sample_probability = 0.5;              ///< part of the global crops that is masked
  std::vector<double> mask_ratio_min_max{0.1, 0.5};  ///< part of a masked crop's patches
  bool separate_head = false;                        ///< false: the DINO head serves patches too
  int64_t head_n_prototypes = 65536;
  int64_t head_bottleneck_dim = 256;
  int64_t head_nlayers = 3;
  int64_t head_hidden_dim = 2048;
  void fields(auto& f) {
    f("loss_weight", loss_weight), f("mask_sample_probability", mask_sample_probability);
    f("mask_ratio_min_max", mask_ratio_min_max), f("separate_head", separate_head);
    f("head_n_prototypes", head_n_prototypes), f("head_bottleneck_dim", head_bottleneck_dim);
    f("head_nlayers", head_nlayers), f("head_hidden_dim", head_hidden_dim);
  }
};

struct TrainSection {
  int64_t batch_size_per_gpu = 64;  ///< pictures per process and step
  std::string dataset_path = "ImageNet:split=TRAIN";
  std::string output_dir = ".";
  int64_t saveckp_freq = 20;  ///< official key without effect
  int64_t seed = 0;           ///< of crops, masks, order and drop path
  int64_t num_workers = 10;
  int64_t epoch_length = 1250;          ///< steps per epoch, whatever the size of the data set
  bool cache_dataset = true;            ///< official key without effect
  std::string centering = "centering";  ///< or sinkhorn_knopp
  void fields(auto& f) {
    f("batch_size_per_gpu", batch_size_per_gpu), f("dataset_path", dataset_path);
    f("output_dir", output_dir), f("saveckp_freq", saveckp_freq), f("seed", seed);
    f("num_workers", num_workers), f("OFFICIAL_EPOCH_LENGTH", epoch_length);
    f("cache_dataset", cache_dataset), f("centering", centering);
  }
};

struct StudentSection {
  std::string arch = "vit_large";  ///< a name or vit_<dim>x<depth>x<heads>: model/arch.hpp
  int64_t patch_size = 16;
  double drop_path_rate = 0.3;
  double layerscale = 1e-5;
  bool drop_path_uniform = true;
  std::string pretrained_weights;  ///< backbone weights to start from
  std::string ffn_layer = "mlp";
  int64_t block_chunks = 0;  ///< only changes the official checkpoint's key names
  bool qkv_bias = true;
  bool proj_bias = true;
  bool ffn_bias = true;
  int64_t num_register_tokens = 0;
  bool interpolate_antialias = false;
  double interpolate_offset = 0.1;
  void fields(auto& f) {
    f("arch", arch), f("patch_size", patch_size), f("drop_path_rate", drop_path_rate);
    f("layerscale", layerscale), f("drop_path_uniform", drop_path_uniform);
    f("pretrained_weights", pretrained_weights), f("ffn_layer", ffn_layer);
    f("block_chunks", block_chunks), f("qkv_bias", qkv_bias), f("proj_bias", proj_bias);
    f("ffn_bias", ffn_bias), f("num_register_tokens", num_register_tokens);
    f("interpolate_antialias", interpolate_antialias), f("interpolate_offset", interpolate_offset);
  }
};

struct TeacherSection {
  double momentum_teacher = 0.992;
  double final_momentum_teacher = 1.0;
  double warmup_teacher_temp = 0.04;
  double teacher_temp = 0.07;
  int64_t warmup_teacher_temp_epochs = 30;
  void fields(auto& f) {
    f("momentum_teacher", momentum_teacher), f("final_momentum_teacher", final_momentum_teacher);
    f("warmup_teacher_temp", warmup_teacher_temp), f("teacher_temp", teacher_temp);
    f("warmup_teacher_temp_epochs", warmup_teacher_temp_epochs);
  }
};

struct OptimSection {
  int64_t epochs = 100;
  double weight_decay = 0.04;
  double weight_decay_end = 0.4;
  double base_lr = 0.004;  ///< for a batch of 1024 pictures; scaled by sqrt(batch / 1024)
  double lr = 0.0;         ///< the peak itself; 0 computes it from base_lr
  int64_t warmup_epochs = 10;
  double min_lr = 1e-6;
  double clip_grad = 3.0;  ///< L2 norm, each module by itself; 0 turns clipping off
  int64_t freeze_last_layer_epochs = 1;
  std::string scaling_rule = "sqrt_wrt_1024";
  double patch_embed_lr_mult = 0.2;
  double layerwise_decay = 0.9;
  double adamw_beta1 = 0.9;
  double adamw_beta2 = 0.999;
  void fields(auto& f) {
    f("epochs", epochs), f("weight_decay", weight_decay), f("weight_decay_end", weight_decay_end);
    f("base_lr", base_lr), f("lr", lr), f("warmup_epochs", warmup_epochs), f("min_lr", min_lr);
    f("clip_grad", clip_grad), f("freeze_last_layer_epochs", freeze_last_layer_epochs);
    f("scaling_rule", scaling_rule), f("patch_embed_lr_mult", patch_embed_lr_mult);
    f("layerwise_decay", layerwise_decay), f("adamw_beta1", adamw_beta1);
    f("adamw_beta2", adamw_beta2);
  }
};

struct CropsSection {
  std::vector<double> global_crops_scale{0.32, 1.0};  ///< area of a crop, part of the picture
  int64_t local_crops_number = 8;
  std::vector<double> local_crops_scale{0.05, 0.32};
  int64_t global_crops_size = 224;  ///< pixels
  int64_t local_crops_size = 96;    ///< pixels
  void fields(auto& f) {
    f("global_crops_scale", global_crops_scale), f("local_crops_number", local_crops_number);
    f("local_crops_scale", local_crops_scale), f("global_crops_size", global_crops_size);
    f("local_crops_size", local_crops_size);
  }
};

struct EvaluationSection {
  int64_t eval_period_iterations = 12500;  ///< steps between teacher checkpoints
  void fields(auto& f) { f("eval_period_iterations", eval_period_iterations); }
};

/// What the official configuration has no key for.
struct TroodonSection {
  bool paper_blur = false;      ///< blur the crops as the paper says, not as the code did
  double blur_sigma_max = 2.0;  ///< pixels; 2 suits 224-pixel crops, smaller ones want less
  int64_t image_size = 0;  ///< pixels at which the finished network sees whole pictures (probe,
                           ///< report, features); 0: crops.global_crops_size
  int64_t max_steps = 0;   ///< stop here; schedules keep their length. 0: to the end
  std::string device = "auto";     ///< auto, cpu or cuda
  std::string precision = "auto";  ///< auto (fp32 on CPU, bf16 on CUDA), fp32 or bf16
  int64_t threads = 0;             ///< 0: all cores
  int64_t log_every = 10;          ///< steps
  int64_t probe_every = 0;         ///< steps between kNN probes; 0: none
  int64_t save_every = 0;          ///< steps between checkpoints; 0: three epochs
  int64_t keep_checkpoints = 3;    ///< older ones are deleted
  void fields(auto& f) {
    f("paper_blur", paper_blur), f("blur_sigma_max", blur_sigma_max), f("image_size", image_size),
        f("max_steps", max_steps), f("device", device);
    f("precision", precision), f("threads", threads), f("log_every", log_every);
    f("probe_every", probe_every), f("save_every", save_every);
    f("keep_checkpoints", keep_checkpoints);
  }
};

struct TrainConfig {
  WeightsSection model;
  ComputePrecision compute_precision;
  DinoSection dino;
  IbotSection ibot;
  TrainSection train;
  StudentSection student;
  TeacherSection teacher;
  OptimSection optim;
  CropsSection crops;
  EvaluationSection evaluation;
  TroodonSection troodon;
  void fields(auto& f) {
    f("MODEL", model), f("compute_precision", compute_precision), f("dino", dino), f("ibot", ibot);
    f("train", train), f("student", student), f("teacher", teacher), f("optim", optim);
    f("crops", crops), f("evaluation", evaluation), f("troodon", troodon);
  }

  /// Steps of the whole run: epochs * OFFICIAL_EPOCH_LENGTH.
  int64_t total_steps() const { return optim.epochs * train.epoch_length; }
  /// Steps this run really makes: total_steps, or troodon.max_steps if that is fewer.
  int64_t steps() const;
  /// Peak learning rate: optim.lr, or base_lr * sqrt(batch_size_per_gpu * world_size / 1024).
  double peak_lr(int64_t world_size) const;
  int64_t save_period() const;
  /// troodon.image_size, or crops.global_crops_size if it is 0.
  int64_t image_size() const;
  bool sinkhorn() const { return train.centering == "sinkhorn_knopp"; }
  /// Patches of a global crop.
  int64_t global_patches() const;

  model::VitConfig student_vit() const;
  /// The student's network without stochastic depth.
  model::VitConfig teacher_vit() const;
  model::HeadConfig dino_head() const;
  /// The iBOT head's own shape; in use only with ibot.separate_head.
  model::HeadConfig ibot_head() const;

  /// Throws Error (exit 3) that names the setting, what is wrong and what to write instead.
  void validate() const;
};

/// Defaults, then the YAML files in order, then key=value overrides; validated. Throws Error.
TrainConfig load_config(const std::vector<fs::path>& files,
                        const std::vector<std::string>& overrides = {});

}  // namespace troodon::train
