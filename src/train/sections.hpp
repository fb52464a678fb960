#pragma once

#include <cstdint>
#include <string>
#include <vector>

// The sections of a run's settings: default and meaning in one place, which YAML, overrides,
// `troodon config` and docs/reference/settings.md all read. Keys, names and defaults are the
// official ones (spec dinov2.md 3.1), so that official YAML files load unchanged.
namespace troodon::train {

struct WeightsSection {
  std::string weights;
  void fields(auto& f) {
    f("WEIGHTS", weights, "not supported: --resume, or student.pretrained_weights");
  }
};

struct MixedPrecision {
  std::string param_dtype = "fp16";
  std::string reduce_dtype = "fp16";
  std::string buffer_dtype = "fp32";
  void fields(auto& f) {
    f("param_dtype",
      param_dtype,
      "of matrix products where troodon.precision is official: fp32, bf16 or fp16");
    f("reduce_dtype", reduce_dtype, "official key without effect: sums over ranks are fp32");
    f("buffer_dtype", buffer_dtype, "official key without effect");
  }
};

struct ModulePrecision {
  std::string sharding_strategy = "SHARD_GRAD_OP";
  MixedPrecision mixed_precision;
  void fields(auto& f) {
    f("sharding_strategy", sharding_strategy, "official key without effect");
    f("mixed_precision", mixed_precision);
  }
};

struct NetworkPrecision {
  ModulePrecision backbone, dino_head, ibot_head;
  void fields(auto& f) {
    f("backbone", backbone), f("dino_head", dino_head), f("ibot_head", ibot_head);
  }
};

/// Counts where troodon.precision is official; grad_scaler wherever products are fp16.
struct ComputePrecision {
  bool grad_scaler = true;
  NetworkPrecision teacher;
  NetworkPrecision student{.dino_head = {.mixed_precision = {.reduce_dtype = "fp32"}},
                           .ibot_head = {.mixed_precision = {.reduce_dtype = "fp32"}}};
  void fields(auto& f) {
    f("grad_scaler",
      grad_scaler,
      "scale the loss where products are fp16, lest small gradients vanish");
    f("teacher", teacher), f("student", student);
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
    f("loss_weight", loss_weight, "weight of the DINO loss (class tokens of different crops)");
    f("head_n_prototypes", head_n_prototypes, "outputs of the head; small batches want few");
    f("head_bottleneck_dim", head_bottleneck_dim, "width of the head's last hidden layer");
    f("head_nlayers", head_nlayers, "linear layers before the prototypes, 1 or more");
    f("head_hidden_dim", head_hidden_dim, "width of the head's hidden layers");
    f("koleo_loss_weight",
      koleo_loss_weight,
      "weight of KoLeo (spreads a batch); needs batch >= 2");
  }
};

struct IbotSection {
  double loss_weight = 1.0;
  double mask_sample_probability = 0.5;
  std::vector<double> mask_ratio_min_max{0.1, 0.5};
  bool separate_head = false;
  int64_t head_n_prototypes = 65536;
  int64_t head_bottleneck_dim = 256;
  int64_t head_nlayers = 3;
  int64_t head_hidden_dim = 2048;
  void fields(auto& f) {
    f("loss_weight", loss_weight, "weight of the iBOT loss (masked patches)");
    f("mask_sample_probability",
      mask_sample_probability,
      "part of the global crops that is masked");
    f("mask_ratio_min_max", mask_ratio_min_max, "part of a masked crop's patches, [low, high]");
    f("separate_head", separate_head, "false: the DINO head serves patches too");
    f("head_n_prototypes", head_n_prototypes, "of a separate head");
    f("head_bottleneck_dim", head_bottleneck_dim, "of a separate head");
    f("head_nlayers", head_nlayers, "of a separate head");
    f("head_hidden_dim", head_hidden_dim, "of a separate head");
  }
};

struct TrainSection {
  int64_t batch_size_per_gpu = 64;
  std::string dataset_path = "ImageNet:split=TRAIN";
  std::string output_dir = ".";
  int64_t saveckp_freq = 20;
  int64_t seed = 0;
  int64_t num_workers = 10;
  int64_t epoch_length = 1250;
  bool cache_dataset = true;
  std::string centering = "centering";
  void fields(auto& f) {
    f("batch_size_per_gpu", batch_size_per_gpu, "pictures per process and step");
    f("dataset_path", dataset_path, "pictures to learn from; --data sets it");
    f("output_dir", output_dir, "the run's folder; --out sets it");
    f("saveckp_freq", saveckp_freq, "official key without effect");
    f("seed", seed, "of weights, order, crops, masks and drop path");
    f("num_workers", num_workers, "official key without effect: --threads decides");
    f("OFFICIAL_EPOCH_LENGTH", epoch_length, "steps per epoch, whatever the size of the data set");
    f("cache_dataset", cache_dataset, "official key without effect");
    f("centering", centering, "of the teacher's outputs: centering or sinkhorn_knopp");
  }
};

struct StudentSection {
  std::string arch = "vit_large";
  int64_t patch_size = 16;
  double drop_path_rate = 0.3;
  double layerscale = 1e-5;
  bool drop_path_uniform = true;
  std::string pretrained_weights;
  std::string ffn_layer = "mlp";
  int64_t block_chunks = 0;
  bool qkv_bias = true;
  bool proj_bias = true;
  bool ffn_bias = true;
  int64_t num_register_tokens = 0;
  bool interpolate_antialias = false;
  double interpolate_offset = 0.1;
  void fields(auto& f) {
    f("arch", arch, "vit_small, vit_base, vit_large, vit_giant2, or vit_<dim>x<depth>x<heads>");
    f("patch_size", patch_size, "side of a patch, pixels");
    f("drop_path_rate", drop_path_rate, "stochastic depth: part of a batch that skips a branch");
    f("layerscale", layerscale, "initial scale of each branch; 0 leaves LayerScale out");
    f("drop_path_uniform", drop_path_uniform, "false: the rate grows linearly with depth");
    f("pretrained_weights", pretrained_weights, "checkpoint whose backbone the run starts from");
    f("ffn_layer", ffn_layer, "mlp, swiglu, swiglufused or identity");
    f("block_chunks", block_chunks, "only changes the official checkpoint's key names");
    f("qkv_bias", qkv_bias, "biases of queries, keys and values");
    f("proj_bias", proj_bias, "bias of the attention's output");
    f("ffn_bias", ffn_bias, "biases of the feed-forward layers");
    f("num_register_tokens", num_register_tokens, "register tokens, 0 or more");
    f("interpolate_antialias", interpolate_antialias, "of position embeddings at other sizes");
    f("interpolate_offset", interpolate_offset, "added to the size they are interpolated to");
  }
};

struct TeacherSection {
  double momentum_teacher = 0.992;
  double final_momentum_teacher = 1.0;
  double warmup_teacher_temp = 0.04;
  double teacher_temp = 0.07;
  int64_t warmup_teacher_temp_epochs = 30;
  void fields(auto& f) {
    f("momentum_teacher", momentum_teacher, "part of the teacher that stays at a step, at first");
    f("final_momentum_teacher", final_momentum_teacher, "and at the end (a cosine leads there)");
    f("warmup_teacher_temp", warmup_teacher_temp, "temperature of the targets at first");
    f("teacher_temp", teacher_temp, "temperature after the warm-up; lower is sharper");
    f("warmup_teacher_temp_epochs", warmup_teacher_temp_epochs, "length of that linear warm-up");
  }
};

struct OptimSection {
  int64_t epochs = 100;
  double weight_decay = 0.04;
  double weight_decay_end = 0.4;
  double base_lr = 0.004;
  double lr = 0.0;
  int64_t warmup_epochs = 10;
  double min_lr = 1e-6;
  double clip_grad = 3.0;
  int64_t freeze_last_layer_epochs = 1;
  std::string scaling_rule = "sqrt_wrt_1024";
  double patch_embed_lr_mult = 0.2;
  double layerwise_decay = 0.9;
  double adamw_beta1 = 0.9;
  double adamw_beta2 = 0.999;
  void fields(auto& f) {
    f("epochs", epochs, "length of the run in epochs of OFFICIAL_EPOCH_LENGTH steps");
    f("weight_decay", weight_decay, "at first");
    f("weight_decay_end", weight_decay_end, "at the end (a cosine leads there)");
    f("base_lr", base_lr, "for a batch of 1024 pictures; scaled by sqrt(batch / 1024)");
    f("lr", lr, "the peak learning rate itself; 0 computes it from base_lr");
    f("warmup_epochs", warmup_epochs, "linear from 0 to the peak");
    f("min_lr", min_lr, "at the end (a cosine leads there)");
    f("clip_grad", clip_grad, "L2 norm, each module by itself; 0 turns clipping off");
    f("freeze_last_layer_epochs", freeze_last_layer_epochs, "the prototypes rest that long");
    f("scaling_rule", scaling_rule, "sqrt_wrt_1024, the only one");
    f("patch_embed_lr_mult", patch_embed_lr_mult, "learning rate of the patch embedding, factor");
    f("layerwise_decay", layerwise_decay, "learning rate of a block against the next one's");
    f("adamw_beta1", adamw_beta1, "AdamW's mean of gradients");
    f("adamw_beta2", adamw_beta2, "AdamW's mean of squared gradients");
  }
};

struct CropsSection {
  std::vector<double> global_crops_scale{0.32, 1.0};
  int64_t local_crops_number = 8;
  std::vector<double> local_crops_scale{0.05, 0.32};
  int64_t global_crops_size = 224;
  int64_t local_crops_size = 96;
  void fields(auto& f) {
    f("global_crops_scale", global_crops_scale, "area of a crop, part of the picture, [low, high]");
    f("local_crops_number", local_crops_number, "0 or more");
    f("local_crops_scale", local_crops_scale, "area of a crop, part of the picture, [low, high]");
    f("global_crops_size", global_crops_size, "pixels, a multiple of the patch");
    f("local_crops_size", local_crops_size, "pixels, a multiple of the patch");
  }
};

struct EvaluationSection {
  int64_t eval_period_iterations = 12500;
  void fields(auto& f) {
    f("eval_period_iterations",
      eval_period_iterations,
      "official key without effect: troodon.save_every decides");
  }
};

/// A large frozen teacher for a small student (paper section 5). checkpoint_path is DINOv3's key.
struct DistillationSection {
  std::string checkpoint_path;
  bool all_patches = true;
  void fields(auto& f) {
    f("checkpoint_path",
      checkpoint_path,
      "a run, or one of its checkpoints, whose teacher with its heads is the frozen teacher here; "
      "none: the student's own average teaches");
    f("all_patches",
      all_patches,
      "the iBOT loss looks at every patch of the global crops; false: at those a mask would hide");
  }
};

/// How a run that starts from a finished backbone (student.pretrained_weights) keeps its quality.
/// The heads of published backbones were not published; what new ones teach at first would spoil
/// it.
struct ContinuationSection {
  double head_warmup = 0.0;
  double backbone_lr_mult = 1.0;
  double max_drift = 0.0;
  double max_knn_loss = 0.0;
  int64_t check_every = 100;
  void fields(auto& f) {
    f("head_warmup",
      head_warmup,
      "part of the run, 0 to 1, in which new heads learn and the backbone rests");
    f("backbone_lr_mult", backbone_lr_mult, "learning rate of the backbone, factor");
    f("max_drift",
      max_drift,
      "the run ends with the last teacher whose features were that near to those it started from "
      "(1 - mean cosine of centred class tokens, over 256 pictures); 0: not watched");
    f("max_knn_loss",
      max_knn_loss,
      "the same for points of kNN lost, where there is a --probe; 0: not watched");
    f("check_every", check_every, "steps between looks at drift and kNN");
  }
};

/// A descriptor that knows copies: instead of DINO and iBOT, two views of a picture, one of them
/// edited as people edit copies, are told from all other pictures (Pizzi et al. 2022, SSCD).
struct CopiesSection {
  bool learn = false;
  double temperature = 0.05;
  double spread_loss_weight = 10.0;
  std::vector<double> crops_scale{0.2, 1.0};
  double mixed = 0.25;
  void fields(auto& f) {
    f("learn",
      learn,
      "learn to tell copies of a picture from other pictures, in place of DINO and iBOT");
    f("temperature", temperature, "of the cosines; lower heeds the most similar pictures more");
    f("spread_loss_weight",
      spread_loss_weight,
      "weight of the distance to the nearest other picture (KoLeo): makes one threshold fit all");
    f("crops_scale", crops_scale, "area of a cropped copy, part of the picture, [low, high]");
    f("mixed", mixed, "part of the copies that lie in, under or beneath a haze of another picture");
  }
};

/// What the official configuration has no key for.
struct TroodonSection {
  bool paper_blur = false;
  double blur_sigma_max = 2.0;
  int64_t image_size = 0;
  int64_t max_steps = 0;
  std::string device = "auto";
  std::string precision = "auto";
  std::string packing = "auto";
  bool checkpoint_blocks = false;
  bool fused_loss = true;
  int64_t threads = 0;
  int64_t log_every = 10;
  int64_t probe_every = 0;
  int64_t save_every = 0;
  int64_t keep_checkpoints = 3;
  std::string sharding = "none";
  bool batch_over_ranks = false;
  void fields(auto& f) {
    f("paper_blur", paper_blur, "blur the crops as the paper says, not as the code did");
    f("blur_sigma_max", blur_sigma_max, "pixels; 2 suits 224-pixel crops, smaller ones want less");
    f("image_size",
      image_size,
      "pixels at which the finished network sees whole pictures (probe, report, features); 0: "
      "crops.global_crops_size");
    f("max_steps", max_steps, "stop here; schedules keep their length; 0: to the end");
    f("device", device, "auto, cpu or cuda; --device sets it");
    f("precision",
      precision,
      "of matrix products: auto (fp32 on CPU, bf16 on CUDA), fp32, bf16, fp16 (with loss scaling) "
      "or official (as compute_precision says for each module)");
    f("packing",
      packing,
      "packed (crops of all sizes go through the student as one sequence), per_size (one pass per "
      "size) or auto (what is faster: packed)");
    f("checkpoint_blocks",
      checkpoint_blocks,
      "keep each block's input alone and compute the block again in the backward pass: less "
      "memory, more time, the same gradients");
    f("fused_loss",
      fused_loss,
      "compute losses a block of rows at a time; false keeps the logits of all prototypes");
    f("threads", threads, "0: all cores; --threads sets it");
    f("log_every", log_every, "steps between lines of metrics.jsonl");
    f("probe_every", probe_every, "steps between kNN probes; 0: a fifth of the run");
    f("save_every", save_every, "steps between checkpoints; 0: three epochs");
    f("keep_checkpoints", keep_checkpoints, "older ones are deleted");
    f("sharding",
      sharding,
      "of several processes: none (each holds everything) or full (each holds an equal part of "
      "weights, gradients, moments and teacher)");
    f("batch_over_ranks",
      batch_over_ranks,
      "KoLeo's neighbours, the shares of masks and iBOT's centre go over the pictures of all "
      "processes, so that their number changes nothing; false: over each one's own, as officially");
  }
};

}  // namespace troodon::train
