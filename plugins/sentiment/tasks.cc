#include "tasks.h"

namespace sotto::sentiment {

constexpr std::array<Task, kTasks> kAllTasks = {{
    {"sentiment",
     SOTTO_SENTIMENT_LABELS,
     {"negative", "neutral", "positive"},
     0.5f,
     {{{"这句话的情绪是", {"消极", "中性", "积极"}}, {"The mood of your message is", {" negative", " neutral", " positive"}}}}},
    {"emotion",
     SOTTO_EMOTION_LABELS,
     {"neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"},
     0.3f,
     {{{"说这句话的人感到", {"平静", "开心", "感激", "难过", "生气", "担心", "惊讶", "疲惫"}},
       {"You feel", {" calm", " happy", " grateful", " sad", " angry", " worried", " surprised", " tired"}}}}},
}};

}  // namespace sotto::sentiment
