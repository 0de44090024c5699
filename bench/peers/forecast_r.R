# R's forecast::auto.arima on a benchmark set: the same files, ids and measures as the program `forecast`.
#   Rscript forecast_r.R --train F --test F --season M --horizon H [--ids F] [--limit N] [--naive2 F] [--out F]
# --naive2: rows of `forecast --model naive2 --out F`, without which there is no OWA. CPU seconds are user + system of each series.
suppressMessages(library(forecast))

arguments <- commandArgs(trailingOnly = TRUE)
option <- function(name, default = NULL) {
  at <- match(paste0("--", name), arguments)
  if (is.na(at)) default else arguments[at + 1]
}
season <- as.integer(option("season"))
horizon <- as.integer(option("horizon"))

# One series a line: id,v1,... or id,type,start,v1,...; padding and NA at the end are dropped.
read_set <- function(file) {
  rows <- strsplit(gsub('["\r]', "", readLines(file, warn = FALSE)), ",", fixed = TRUE)
  is_number <- function(x) !is.na(suppressWarnings(as.numeric(x)))
  if (!any(is_number(rows[[1]][-1]))) rows <- rows[-1]
  skip <- if (is_number(rows[[1]][2])) 1 else 3
  values <- lapply(rows, function(r) {
    v <- suppressWarnings(as.numeric(r[-seq_len(skip)]))
    v[seq_len(max(which(!is.na(v))))]
  })
  setNames(values, vapply(rows, `[`, "", 1))
}
train <- read_set(option("train"))
test <- read_set(option("test"))
ids <- if (is.null(option("ids"))) names(train) else intersect(trimws(readLines(option("ids"))), names(train))
ids <- head(ids, as.integer(option("limit", length(ids))))

measure <- function(id) {
  y <- train[[id]]
  actual <- test[[id]][seq_len(horizon)]
  begin <- proc.time()
  fit <- tryCatch(auto.arima(ts(y, frequency = season)), error = function(e) NULL)
  f <- if (!is.null(fit)) forecast(fit, h = horizon, level = 95)
  seconds <- sum((proc.time() - begin)[c("user.self", "sys.self")])
  if (is.null(fit)) {
    return(data.frame(id = id, model = "R auto.arima", order = "", smape = NA, mase = NA, coverage95 = NA, msis95 = NA,
                      cpu_s = seconds, status = "failed"))
  }
  mean <- as.numeric(f$mean); lower <- as.numeric(f$lower); upper <- as.numeric(f$upper)
  scale <- mean(abs(diff(y, lag = season)), na.rm = TRUE)
  outside <- pmax(lower - actual, 0) + pmax(actual - upper, 0)
  data.frame(id = id, model = "R auto.arima", order = paste(arimaorder(fit), collapse = " "),
             smape = mean(200 * abs(actual - mean) / (abs(actual) + abs(mean))), mase = mean(abs(actual - mean)) / scale,
             coverage95 = mean(actual >= lower & actual <= upper), msis95 = mean(upper - lower + 40 * outside) / scale,
             cpu_s = seconds, status = "fitted")
}
rows <- do.call(rbind, lapply(ids, measure))
if (!is.null(option("out"))) write.csv(rows, option("out"), row.names = FALSE, quote = 3)

owa <- NA
if (!is.null(option("naive2"))) {
  reference <- read.csv(option("naive2"))
  reference <- reference[reference$model == "naive2", ]
  both <- merge(rows, reference, by = "id")
  both <- both[complete.cases(both[c("smape.x", "mase.x", "smape.y", "mase.y")]), ]
  owa <- (mean(both$smape.x) / mean(both$smape.y) + mean(both$mase.x) / mean(both$mase.y)) / 2
}
average <- function(x) mean(x, na.rm = TRUE)
cat(sprintf("%-26s%7d%8d%9.3f%9.3f%8.3f%9.3f%10.3f%12.6f%11.6f%11.6f\n", "R auto.arima", nrow(rows), sum(rows$status == "failed"),
            average(rows$smape), average(rows$mase), owa, average(rows$coverage95), average(rows$msis95), mean(rows$cpu_s),
            median(rows$cpu_s), max(rows$cpu_s)))
