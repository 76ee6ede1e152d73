#include "tasks.h"

namespace sotto::sentiment {

// Questions and words did best of those tried on lines of the training data (docs/sentiment.md).
constexpr std::array<Task, kTasks> kAllTasks = {{
    {"sentiment",
     SOTTO_SENTIMENT_LABELS,
     {"negative", "neutral", "positive"},
     0.5f,
     {{{"你听起来心情", {"不好", "一般", "很好"}}, {"That sounds", {" bad", " normal", " good"}}}}},
    {"emotion",
     SOTTO_EMOTION_LABELS,
     {"neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"},
     0.3f,
     {{{"你的感受：", {"平静", "开心", "感激", "难过", "生气", "担心", "惊讶", "疲惫"}},
       {"Your feeling:", {" calm", " happy", " grateful", " sad", " angry", " worried", " surprised", " tired"}}}}},
}};

}  // namespace sotto::sentiment
