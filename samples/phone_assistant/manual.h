// manual.h: the phone's manual, of which the assistant quotes passages. A phone that exists only here.
#pragma once

constexpr const char* kManualZh = R"(
# 截屏
同时按住电源键和音量减键一秒，屏幕闪一下就截好了。截图保存在相册的“截图”里。

# 滚动截屏
截屏后马上点右下角的“长截图”，向下滑动，到要停的地方再点一下。

# 省电模式
在“设置－电池”里打开省电模式。打开后屏幕变暗，后台刷新停止，电量低于20%时会自动打开。

# 静音
把机身左侧的开关拨到露出红色，来电和通知就不再响铃，闹钟仍然会响。

# 指纹解锁
在“设置－安全－指纹”里添加指纹，每个手指按五次。最多可以添加五个指纹。

# 防水
手机可以在一米深的清水里浸泡三十分钟。不要在海水里使用，进水后不要马上充电。

# 重新启动
按住电源键十秒，手机会强制重新启动，资料不会丢失。

# 充电
请使用随机的充电器。从空电充到一半大约需要三十分钟，充满大约需要九十分钟。

# 热点
在“设置－网络－个人热点”里打开热点，密码在同一页上，最多可以连接八台设备。

# 恢复出厂设置
在“设置－系统－重置”里选择“清除全部内容”。手机上的资料会全部删除，请先备份。
)";

constexpr const char* kManualEn = R"(
# Screenshot
Hold the power button and the volume down button together for one second. The picture is kept in the album "Screenshots".

# Scrolling screenshot
Right after a screenshot tap "Long picture" at the bottom right, scroll down, and tap again where it should end.

# Battery saver
Turn the battery saver on under Settings, Battery. The screen gets darker and refreshing in the background stops. Below 20 % it turns on by itself.

# Silent mode
Push the switch on the left side until the red mark shows. Calls and notifications stay silent; alarms still ring.

# Fingerprint
Add a fingerprint under Settings, Security, Fingerprint. Press each finger five times. Up to five fingers are kept.

# Water
The phone withstands fresh water of one meter for thirty minutes. Do not use it in the sea, and do not charge it while wet.

# Restart
Hold the power button for ten seconds and the phone is forced to restart. No data is lost.

# Charging
Use the charger that came with the phone. From empty to half takes about thirty minutes, a full charge about ninety.

# Hotspot
Turn the hotspot on under Settings, Network, Personal hotspot. The password stands on the same page. Up to eight devices connect.

# Factory reset
Choose "Erase everything" under Settings, System, Reset. All data on the phone is deleted: make a backup first.
)";
